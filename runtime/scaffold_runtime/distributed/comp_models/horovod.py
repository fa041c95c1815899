"""Horovod, under horovodrun or through its own launcher."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from itertools import count
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ...exceptions import LaunchError
from ..workers import exit_code
from .base import ComputationModel, OptimizerT, Program, Reduction, no_group, replicas, take_gpu
from .gradient_averaging import GradientAveraging, parameters_of

_POLL_SECONDS = 1e-4
_teams = count()


def horovod(module: str = ".torch") -> Any:
    """Horovod's module for torch, or another of it; its types are not published."""
    return importlib.import_module(f"horovod{module}")


class HorovodModel(ComputationModel):
    """This process among those of Horovod."""

    name = "horovod-dist"
    backends = ("horovod",)
    reducible = frozenset((torch.int32, torch.int64, torch.float32, torch.float64))

    def __init__(self, timeout: timedelta | None = None, **identity: Any) -> None:
        super().__init__(**identity)
        self._timeout = timeout
        self._num_asked = 0

    @classmethod
    def check(cls, backend: str) -> None:
        """Refuses a machine without Horovod.

        Raises:
            LaunchError: with what to install.
        """
        if find_spec("horovod") is None:
            raise LaunchError(
                f"Backend '{backend}' needs the package horovod, which is not installed.",
                "HOROVOD_WITH_PYTORCH=1 pip install horovod, which compiles it for the torch that is there.",
            )

    @classmethod
    def start(cls, backend: str, *, timeout: timedelta | None = None, **unused: Any) -> HorovodModel:
        """Joins the processes that horovodrun has started.

        Args:
            backend: its name.
            timeout: how long a collective may wait; Horovod itself lets it wait for ever.
            **unused: what other backends need to meet; horovodrun has told it.

        Raises:
            LaunchError: Horovod is not installed, or the machine has fewer GPUs than processes.
        """
        cls.check(backend)
        hvd = horovod()
        hvd.init(process_sets="dynamic")  # so that `new_group` works at any time
        # Ranks are given machine by machine, and the first of each machine has the local rank 0.
        is_first = hvd.allgather(torch.tensor([hvd.local_rank() == 0], dtype=torch.uint8), name="idist.start").tolist()
        return cls(
            timeout,
            backend=backend,
            rank=hvd.rank(),
            local_rank=hvd.local_rank(),
            world_size=hvd.size(),
            nproc_per_node=hvd.local_size(),
            node_rank=sum(is_first[: hvd.rank() + 1]) - 1,
            nnodes=sum(is_first),
            device=take_gpu(hvd.local_rank()) if torch.cuda.is_available() else torch.device("cpu"),
        )

    @classmethod
    def spawn(cls, backend: str, program: Program, nproc_per_node: int, **options: Any) -> None:
        """Starts the processes with Horovod's own launcher.

        Args:
            backend: its name.
            program: what they run.
            nproc_per_node: processes in all.
            **options: of `horovod.run`, such as `hosts`.

        Raises:
            SystemExit: a process has left with this code.
        """
        exit_codes: list[int] = horovod("").run(_run_process, args=(program,), num_proc=nproc_per_node, **options)
        if any(exit_codes):
            raise SystemExit(next(code for code in exit_codes if code))

    @classmethod
    def launcher(cls, environment: Mapping[str, str]) -> str | None:
        """Horovodrun says so in this variable."""
        return "horovodrun" if "HOROVOD_RANK" in environment else None

    def replicate(self, model: nn.Module, **options: Any) -> nn.Module:
        """The same module; options of wrappers have no effect."""
        if self.world_size > 1:
            horovod().broadcast_parameters(model.state_dict(), root_rank=0)
            replicas.add(model)
        return model

    def wrap_optimizer(self, optimizer: OptimizerT, **options: Any) -> OptimizerT:
        """The same optimizer; from now on gradients are averaged while the backward pass goes on.

        With options it is `horovod.torch.DistributedOptimizer`, which averages when it steps.
        """
        if self.world_size == 1:
            return optimizer
        if optimizer.state:
            horovod().broadcast_optimizer_state(optimizer, root_rank=0)
        if options:
            return cast("OptimizerT", horovod().DistributedOptimizer(optimizer, **options))
        HorovodGradients(optimizer, self)
        return optimizer

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


class HorovodGradients(GradientAveraging):
    """Each gradient is sent when it is there; the end of the backward pass waits for all of them."""

    def __init__(self, optimizer: Optimizer, model: HorovodModel) -> None:
        parameters = parameters_of(optimizer)
        super().__init__(parameters, rank=model.rank)
        team = next(_teams)  # processes match calls by name
        self._names = {parameter: f"idist.gradient.{team}.{number}" for number, parameter in enumerate(parameters)}
        self._model = model
        self._handles: list[Any] = []

    def begin(self, parameter: Tensor) -> None:
        """Sends the gradient."""
        hvd = horovod()
        self._handles.append(hvd.allreduce_async_(parameter.grad, op=hvd.Average, name=self._names[parameter]))

    def end(self) -> None:
        """Waits for all."""
        handles, self._handles = self._handles, []
        for handle in handles:
            self._model.wait(handle)


def _run_process(program: Program) -> int:
    """The exit code of the program's choice; Horovod's launcher would make an error of it."""
    try:
        program()
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)  # as Python does at the end of a program
        return exit_code(leaving)
    return 0


def _named(what: str, group: Any) -> dict[str, Any]:
    """Horovod matches the processes' calls by name, and counts those without one: a group's calls need their own."""
    if group is None:
        return {"name": f"idist.{what}"}
    return {"name": f"idist.{what}.{group.ranks}", "process_set": group}
