"""torch.distributed: gloo, NCCL and MPI, under torchrun, srun, spawn or a group that the user made."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor

from ..launch_error import LaunchError
from .base import ComputationModel, Reduction

T = TypeVar("T")

BACKENDS = ("gloo", "nccl", "mpi")


def available_backends() -> tuple[str, ...]:
    """The backends of torch.distributed that this machine can run."""
    if not dist.is_available():
        return ()
    there = {
        "gloo": dist.is_gloo_available(),
        "nccl": dist.is_nccl_available() and torch.cuda.is_available(),
        "mpi": dist.is_mpi_available(),
    }
    return tuple(name for name in BACKENDS if there[name])


def check_backend(backend: str) -> None:
    """Refuses a backend that this machine lacks.

    Raises:
        LaunchError: with the reason.
    """
    if backend in available_backends():
        return
    needs = {"gloo": "a torch built with gloo", "nccl": "an NVIDIA GPU and a torch built for CUDA"}
    raise LaunchError(
        f"Backend '{backend}' needs {needs.get(backend, 'a torch built with MPI')}, which this machine does not have.",
        f"Backends that it has: {', '.join(('none', *available_backends()))}.",
    )


class NativeModel(ComputationModel):
    """Processes of one torch.distributed group."""

    name = "native-dist"

    @classmethod
    def start(
        cls,
        backend: str,
        *,
        init_method: str | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        timeout: timedelta | None = None,
    ) -> NativeModel:
        """Joins the group that the launcher's environment describes, or makes a group of one.

        Raises:
            LaunchError: the backend is missing, the port is taken, or the environment is incomplete.
        """
        check_backend(backend)
        if rank is None and "RANK" not in os.environ:
            rank, world_size, init_method = 0, 1, f"tcp://127.0.0.1:{free_port()}"
        if backend == "nccl":
            torch.cuda.set_device(_local_rank(os.environ) % torch.cuda.device_count())
        try:
            dist.init_process_group(
                backend,
                init_method=init_method,
                rank=-1 if rank is None else rank,
                world_size=-1 if world_size is None else world_size,
                timeout=timeout,
            )
        except (dist.DistNetworkError, ValueError) as error:
            raise LaunchError(
                f"The process group did not start: {str(error).splitlines()[0]}",
                "Is MASTER_PORT free, and does every process have RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT?",
            ) from error
        return cls.adopt()

    @classmethod
    def adopt(cls) -> NativeModel:
        """The group that torch.distributed is in; the environment says what is on this machine, nobody is asked."""
        world_size = dist.get_world_size()
        local_rank = _local_rank(os.environ)
        backend = dist.get_backend()
        return cls(
            backend=backend,
            rank=dist.get_rank(),
            local_rank=local_rank,
            world_size=world_size,
            nproc_per_node=int(os.environ.get("LOCAL_WORLD_SIZE", world_size)),
            device=torch.device("cuda", torch.cuda.current_device()) if backend == "nccl" else torch.device("cpu"),
        )

    def reduce_tensor(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """The reduction over all processes; AND and OR are the minimum and the maximum of 0 and 1."""
        logical = op in ("AND", "OR")
        sent = (tensor.bool() if logical else tensor).to(self.device)
        sent = sent.to(torch.uint8) if sent.dtype == torch.bool else sent.clone()
        dist.all_reduce(sent, op=_OPERATIONS[op], group=group)
        return sent.to(device=tensor.device, dtype=torch.bool if logical else tensor.dtype)

    def gather_tensors(self, tensor: Tensor, group: Any) -> list[Tensor]:
        """One collective; the tensors travel as they are."""
        sent = tensor.to(self.device).contiguous()
        received = [torch.empty_like(sent) for _ in range(dist.get_world_size(group))]
        dist.all_gather(received, sent, group=group)
        return [entry.to(tensor.device) for entry in received]

    def gather_objects(self, value: T, group: Any) -> list[T]:
        """Any picklable value, exactly as it is."""
        received: list[Any] = [None] * dist.get_world_size(group)
        dist.all_gather_object(received, value, group=group)
        return cast("list[T]", received)

    def broadcast_tensor(self, tensor: Tensor, src: int) -> Tensor:
        """One collective."""
        sent = tensor.to(self.device).contiguous()
        dist.broadcast(sent, src=src)
        return sent.to(tensor.device)

    def broadcast_object(self, value: T, src: int) -> T:
        """Any picklable value, exactly as it is."""
        box = [value]
        dist.broadcast_object_list(box, src=src)
        return box[0]

    def barrier(self) -> None:
        """One collective; NCCL waits on this process's own device."""
        dist.barrier(device_ids=[self.device.index] if self.backend == "nccl" else None)

    def new_group(self, ranks: Sequence[int]) -> Any:
        """Every process calls it, members or not."""
        return dist.new_group(list(ranks))

    def shutdown(self) -> None:
        """Leaves the group."""
        dist.destroy_process_group()


_OPERATIONS: dict[Reduction, Any] = {
    "SUM": dist.ReduceOp.SUM,
    "PRODUCT": dist.ReduceOp.PRODUCT,
    "MIN": dist.ReduceOp.MIN,
    "MAX": dist.ReduceOp.MAX,
    "AND": dist.ReduceOp.MIN,
    "OR": dist.ReduceOp.MAX,
}


def _local_rank(environment: Mapping[str, str]) -> int:
    return int(environment.get("LOCAL_RANK", environment.get("SLURM_LOCALID", "0")))


def free_port() -> int:
    """A TCP port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
