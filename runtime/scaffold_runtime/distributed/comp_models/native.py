"""torch.distributed: gloo, NCCL and MPI, under torchrun, srun, spawn or a group that the user made."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed import PrefixStore  # pyright: ignore[reportPrivateImportUsage]  # torch documents it so
from torch.nn.parallel import DistributedDataParallel

from ...exceptions import LaunchError
from .. import workers
from ..launch_environment import RankInfo, find_rank, given_rank
from ..rendezvous import meet, open_store
from . import group_lifetime
from .base import ComputationModel, Program, Reduction, no_group, replicas, take_gpu


class NativeModel(ComputationModel):
    """Processes of one torch.distributed group."""

    name = "native-dist"
    backends = ("gloo", "nccl", "mpi")
    reducible = frozenset(
        (torch.uint8, torch.int8, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64)
    )

    def __init__(self, *, transports: tuple[str, ...], **identity: Any) -> None:
        super().__init__(**identity)
        self._transports = transports  # the device types whose tensors travel without a detour
        if "cuda" in transports:
            self.reducible = self.reducible | {torch.bfloat16}

    @classmethod
    def check(cls, backend: str) -> None:
        """Refuses a backend that this machine lacks.

        Raises:
            LaunchError: with the reason.
        """
        there = [name for name, (_, is_there) in _NEEDS.items() if is_there()]
        if backend not in there:
            raise LaunchError(
                f"Backend '{backend}' needs {_NEEDS[backend][0]}, which this machine does not have.",
                f"Backends that it has: {', '.join(('none', *there))}.",
            )

    @classmethod
    def start(
        cls,
        backend: str,
        *,
        init_method: str | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        timeout: timedelta | None = None,
        info: RankInfo | None = None,
        **unused: Any,
    ) -> NativeModel:
        """Joins the group that the launcher describes, or makes a group of one.

        Args:
            backend: its name.
            init_method: where the processes meet, if not where the launcher says.
            rank: of this process, if the program says it.
            world_size: processes in all, if the program says it.
            timeout: how long a collective may wait, and the others at the start.
            info: what `spawn` knows of this process.
            **unused: of other backends.

        Raises:
            LaunchError: the backend is missing, or the processes do not meet.
        """
        cls.check(backend)
        group_lifetime.prepare()
        if backend == "mpi":  # MPI knows itself who is there
            dist.init_process_group(backend, timeout=timeout)
            return cls.adopt()
        if rank is not None and world_size is not None:
            info = given_rank(rank, world_size, os.environ)
        info = info or find_rank(os.environ) or RankInfo(0, 1)
        store, identity = meet(info, init_method=init_method, timeout=timeout)
        if backend == "nccl":
            take_gpu(identity["local_rank"])
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if backend == "nccl" else backend,
            store=PrefixStore("idist/group", store),
            rank=info.rank,
            world_size=info.world_size,
            timeout=timeout,
        )
        transports = ("cpu", "cuda") if backend == "nccl" else ("cpu",)
        return cls(backend=backend, device=_device(backend), transports=transports, store=store, **identity)

    @classmethod
    def spawn(
        cls,
        backend: str,
        program: Program,
        nproc_per_node: int,
        *,
        nnodes: int = 1,
        node_rank: int = 0,
        master_addr: str = "127.0.0.1",
        master_port: int | None = None,
        init_method: str | None = None,
        start_method: str = "spawn",
        **options: Any,
    ) -> None:
        """Starts the processes of this machine, and ends as they end.

        This process holds the store through which they meet, so a taken port is known before any of them starts.
        """
        if backend == "nccl" and nproc_per_node > torch.cuda.device_count():
            raise LaunchError(
                f"{nproc_per_node} processes need as many GPUs, and this machine has {torch.cuda.device_count()}.",
                "Start fewer processes.",
            )
        port, _store = (None, None) if init_method else open_store(nnodes, node_rank, master_addr, master_port)
        first = RankInfo(
            rank=node_rank * nproc_per_node,
            world_size=nnodes * nproc_per_node,
            nproc_per_node=nproc_per_node,
            node_rank=node_rank,
            nnodes=nnodes,
            master_addr=master_addr,
            master_port=port,
            has_store=init_method is None,
        )
        workers.run(program, first, nproc_per_node, init_method=init_method, start_method=start_method, **options)

    @classmethod
    def launcher(cls, environment: Mapping[str, str]) -> str | None:
        """Torchrun says so in this variable."""
        return "torchrun" if "TORCHELASTIC_RUN_ID" in environment else None

    @classmethod
    def adopt(cls) -> NativeModel:
        """The group that torch.distributed is in; the environment says what is on this machine, nobody is asked."""
        rank, world_size, backend = dist.get_rank(), dist.get_world_size(), str(dist.get_backend())
        nproc_per_node = _said("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", default=world_size)
        nnodes = _said("GROUP_WORLD_SIZE", "SLURM_NNODES", default=-(-world_size // nproc_per_node))
        among: dict[str, Any] = {
            "rank": rank,
            "world_size": world_size,
            "node_rank": rank // nproc_per_node,
            "nnodes": nnodes,
        }
        local_rank = _said("LOCAL_RANK", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK", default=0)
        here: dict[str, Any] = {"local_rank": local_rank, "nproc_per_node": nproc_per_node}
        transports = ("cuda",) if backend == "nccl" else ("cpu",)
        return cls(backend=backend, device=_device(backend), transports=transports, **among, **here)

    def replicate(self, model: nn.Module, *, sync_bn: bool = False, **options: Any) -> nn.Module:
        """Under `DistributedDataParallel`, which averages the gradients; options are its own."""
        if self.world_size == 1:
            return model
        on_gpu = self.device.type == "cuda"
        if sync_bn and on_gpu:
            model = cast("Any", nn.SyncBatchNorm.convert_sync_batchnorm)(model)
        if not any(parameter.requires_grad for parameter in model.parameters()):  # DDP refuses it
            for tensor in (*model.parameters(), *model.buffers()):
                sent = tensor.detach().contiguous()
                dist.broadcast(sent, src=0)
                tensor.data.copy_(sent)
            replicas.add(model)
            return model
        return DistributedDataParallel(model, device_ids=[self.device] if on_gpu else None, **options)

    def reduce(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """One collective."""
        sent = self._transportable(tensor)
        sent = sent.clone() if sent is tensor else sent
        dist.all_reduce(sent, op=getattr(dist.ReduceOp, op), group=group)
        return sent.to(tensor.device)

    def gather_bytes(self, data: Tensor, group: Any) -> Tensor:
        """One collective."""
        sent = self._transportable(data)
        received = sent.new_empty((dist.get_world_size(group), sent.numel()))
        dist.all_gather(list(received.unbind(0)), sent, group=group)
        return received.to(data.device)

    def broadcast_bytes(self, data: Tensor, src: int) -> Tensor:
        """One collective."""
        sent = self._transportable(data)
        if self.rank != src:
            sent = torch.empty_like(sent)
        dist.broadcast(sent, src=src)
        return sent.to(data.device)

    def barrier(self) -> None:
        """One collective, and the wait for its end."""
        self.reduce(torch.zeros(1), "SUM", None)

    def begin_any(self, flag: bool) -> Callable[[], bool]:
        """One collective in the background."""
        asked = self._transportable(torch.tensor([flag], dtype=torch.uint8))
        work = cast("Any", dist.all_reduce)(asked, op=dist.ReduceOp.MAX, async_op=True)

        def answer() -> bool:
            work.wait()
            return bool(asked)

        return answer

    def new_group(self, ranks: tuple[int, ...]) -> Any:
        """Its members meet; the others know at once that they are none."""
        if self.rank not in ranks:
            return dist.GroupMember.NON_GROUP_MEMBER
        group = cast("Any", dist.new_group)(list(ranks), use_local_synchronization=True)
        group_lifetime.groups.add(group)
        return group

    def is_member(self, group: Any) -> bool:
        """Whether this process is in the group.

        Raises:
            ValueError: it is no group.
        """
        if group is None or group is dist.GroupMember.NON_GROUP_MEMBER:
            return group is None
        if not isinstance(group, dist.ProcessGroup):
            raise no_group(group)
        return dist.get_rank(group) >= 0

    def shutdown(self) -> None:
        """Leaves the group."""
        group_lifetime.leave()

    def _transportable(self, tensor: Tensor) -> Tensor:
        return tensor.contiguous() if tensor.device.type in self._transports else tensor.to(self.device).contiguous()


def _has_nccl() -> bool:
    return dist.is_nccl_available() and torch.cuda.is_available()


_NEEDS: dict[str, tuple[str, Callable[[], bool]]] = {
    "gloo": ("a torch built with gloo", dist.is_gloo_available),
    "nccl": ("an NVIDIA GPU and a torch built for CUDA", _has_nccl),
    "mpi": ("a torch built with MPI", dist.is_mpi_available),
}


def _said(*names: str, default: int) -> int:
    """The first of these variables that the environment has."""
    return int(next((os.environ[name] for name in names if name in os.environ), default))


def _device(backend: str) -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if "nccl" in backend else torch.device("cpu")
