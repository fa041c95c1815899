"""Horovod, under horovodrun or through its own launcher."""

from __future__ import annotations

import importlib
import time
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from ..errors import LaunchError
from .base import ComputationModel, Reduction, no_group

BACKEND = "horovod"
_POLL_SECONDS = 1e-4


def is_available() -> bool:
    """Whether Horovod is installed."""
    return find_spec("horovod") is not None


def check_installed() -> None:
    """Refuses a machine without Horovod.

    Raises:
        LaunchError: with what to install.
    """
    if not is_available():
        raise LaunchError(
            f"Backend '{BACKEND}' needs the package horovod, which is not installed.",
            "HOROVOD_WITH_PYTORCH=1 pip install horovod, which compiles it for the torch that is there.",
        )


def horovod(module: str = ".torch") -> Any:
    """Horovod's module for torch, or another of it; its types are not published."""
    return importlib.import_module(f"horovod{module}")


class HorovodModel(ComputationModel):
    """This process among those of Horovod."""

    name = "horovod-dist"
    reducible = frozenset((torch.int32, torch.int64, torch.float32, torch.float64))

    def __init__(self, timeout: timedelta | None = None, **identity: Any) -> None:
        super().__init__(**identity)
        self._timeout = timeout
        self._num_asked = 0

    @classmethod
    def start(cls, timeout: timedelta | None = None) -> HorovodModel:
        """Joins the processes that horovodrun has started.

        Args:
            timeout: how long a collective may wait; Horovod itself lets it wait for ever.

        Raises:
            LaunchError: Horovod is not installed, or the machine has fewer GPUs than processes.
        """
        check_installed()
        hvd = horovod()
        hvd.init(process_sets="dynamic")  # so that `new_group` works at any time
        # Ranks are given machine by machine, and the first of each machine has the local rank 0.
        is_first = hvd.allgather(torch.tensor([hvd.local_rank() == 0], dtype=torch.uint8), name="idist.start").tolist()
        return cls(
            timeout,
            backend=BACKEND,
            rank=hvd.rank(),
            local_rank=hvd.local_rank(),
            world_size=hvd.size(),
            nproc_per_node=hvd.local_size(),
            node_rank=sum(is_first[: hvd.rank() + 1]) - 1,
            nnodes=sum(is_first),
            device=_device(hvd.local_rank()),
        )

    def reduce(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """One collective."""
        hvd = horovod()
        operations = {"SUM": hvd.Sum, "PRODUCT": hvd.Product, "MIN": hvd.Min, "MAX": hvd.Max}
        handle = hvd.allreduce_async(tensor.reshape(-1), op=operations[op], **_named("reduce", group))
        return self.wait(handle).reshape(tensor.shape)

    def gather_bytes(self, data: Tensor, group: Any) -> Tensor:
        """One collective."""
        return self.wait(horovod().allgather_async(data.unsqueeze(0), **_named("gather", group)))

    def broadcast_bytes(self, data: Tensor, src: int) -> Tensor:
        """One collective."""
        return self.wait(horovod().broadcast_async(data, root_rank=src, name="idist.broadcast"))

    def barrier(self) -> None:
        """One collective, and the wait for its end."""
        self.wait(horovod().allreduce_async(torch.zeros(1), op=horovod().Sum, name="idist.barrier"))

    def begin_any(self, flag: bool) -> Any:
        """One collective in the background."""
        hvd = horovod()
        asked = torch.tensor([flag], dtype=torch.int32)
        self._num_asked += 1
        handle = hvd.allreduce_async(asked, op=hvd.Max, name=f"idist.any.{self._num_asked}")
        return lambda: bool(self.wait(handle))

    def wait(self, handle: Any) -> Tensor:
        """The result of a collective; Horovod itself lets it wait for ever.

        Raises:
            RuntimeError: the timeout is over.
        """
        hvd, began = horovod(), time.monotonic()
        while self._timeout is not None and not hvd.poll(handle):
            if time.monotonic() - began > self._timeout.total_seconds():
                raise RuntimeError("timeout")  # `Waiting` says of what
            time.sleep(_POLL_SECONDS)
        result: Tensor = hvd.synchronize(handle)
        return result

    def new_group(self, ranks: tuple[int, ...]) -> Any:
        """Every process must come here, members or not: Horovod registers its sets together."""
        hvd = horovod()
        return hvd.global_process_set if len(ranks) == hvd.size() else hvd.add_process_set(list(ranks))

    def is_member(self, group: Any) -> bool:
        """Whether this process is in the group.

        Raises:
            ValueError: it is no group.
        """
        if group is None:
            return True
        if not isinstance(group, horovod().ProcessSet):
            raise no_group(group)
        return bool(group.included())

    def shutdown(self) -> None:
        """Leaves the processes."""
        horovod().shutdown()


def _named(what: str, group: Any) -> dict[str, Any]:
    """Horovod matches the processes' calls by name, and counts those without one: a group's calls need their own."""
    if group is None:
        return {"name": f"idist.{what}"}
    return {"name": f"idist.{what}.{group.ranks}", "process_set": group}


def _device(local_rank: int) -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    if local_rank >= torch.cuda.device_count():
        raise LaunchError(
            f"Local rank {local_rank} needs GPU {local_rank}, and this machine has {torch.cuda.device_count()}.",
            "Start at most one process for each GPU.",
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)
