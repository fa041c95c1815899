"""torch.distributed: gloo, NCCL and MPI, under torchrun, srun, spawn or a group that the user made."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import (
    HashStore,  # pyright: ignore[reportPrivateImportUsage]  # torch documents it so
    PrefixStore,  # pyright: ignore[reportPrivateImportUsage]
    Store,  # pyright: ignore[reportPrivateImportUsage]
    TCPStore,  # pyright: ignore[reportPrivateImportUsage]
)
from torch.distributed.rendezvous import rendezvous  # pyright: ignore[reportUnknownVariableType]  # half typed

from ..errors import LaunchError
from ..place import Place, find_place, given_place
from ..roll_call import call_roll, claim_rank
from . import group_lifetime
from .base import ComputationModel, Reduction, no_group

BACKENDS = ("gloo", "nccl", "mpi")
MEETING_TIMEOUT = timedelta(minutes=5)


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


def num_gpus() -> int:
    """GPUs of this machine."""
    return torch.cuda.device_count()


def set_environment(
    rank: int, local_rank: int, world_size: int, nproc_per_node: int, master_addr: str, master_port: int
) -> None:
    """Gives a spawned process the variables that torchrun would, for libraries that read them."""
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(local_rank),
        WORLD_SIZE=str(world_size),
        LOCAL_WORLD_SIZE=str(nproc_per_node),
        GROUP_RANK=str(rank // nproc_per_node),
        GROUP_WORLD_SIZE=str(world_size // nproc_per_node),
        MASTER_ADDR=master_addr,
        MASTER_PORT=str(master_port),
    )


class NativeModel(ComputationModel):
    """Processes of one torch.distributed group."""

    name = "native-dist"
    reducible = frozenset(
        (torch.uint8, torch.int8, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64)
    )

    def __init__(self, *, transports: frozenset[str], **identity: Any) -> None:
        super().__init__(**identity)
        self._transports = transports  # the device types whose tensors travel without a detour
        if "cuda" in transports:
            self.reducible = self.reducible | {torch.bfloat16}

    @classmethod
    def start(
        cls,
        backend: str,
        *,
        init_method: str | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        timeout: timedelta | None = None,
        store: Store | None = None,
    ) -> NativeModel:
        """Joins the group that the launcher describes, or makes a group of one.

        Raises:
            LaunchError: the backend is missing, or the processes do not meet.
        """
        check_backend(backend)
        group_lifetime.prepare()
        if backend == "mpi":  # MPI knows itself who is there
            dist.init_process_group(backend, timeout=timeout)
            return cls.adopt()
        if rank is None or world_size is None:
            place = find_place(os.environ) or Place(0, 1)
        else:
            place = given_place(rank, world_size, os.environ)
        patience = timeout or MEETING_TIMEOUT
        store = store or _meet(place, init_method, patience)
        if place.has_store:  # it outlives its processes: those of the next attempt must not read what is left of these
            store = PrefixStore(f"idist/attempt/{place.attempt}/{place.world_size}", store)
        else:
            claim_rank(store, place.rank)
        hosts = call_roll(store, place.rank, place.world_size, patience)
        identity = _identity(place, hosts)
        if backend == "nccl":
            _take_gpu(identity["local_rank"])
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if backend == "nccl" else backend,
            store=PrefixStore("idist/group", store),
            rank=place.rank,
            world_size=place.world_size,
            timeout=timeout,
        )
        return cls(
            backend=backend,
            device=_device(backend),
            transports=frozenset(("cpu", "cuda") if backend == "nccl" else ("cpu",)),
            **identity,
        )

    @classmethod
    def adopt(cls, local_rank: int | None = None) -> NativeModel:
        """The group that torch.distributed is in; the environment says what is on this machine, nobody is asked."""
        world_size, backend = dist.get_world_size(), str(dist.get_backend())
        if local_rank is None:
            local_rank = _said("LOCAL_RANK", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK", default=0)
        return cls(
            backend=backend,
            rank=dist.get_rank(),
            local_rank=local_rank,
            world_size=world_size,
            nproc_per_node=_said("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", default=world_size),
            nnodes=_said("GROUP_WORLD_SIZE", "SLURM_NNODES", default=0) or None,
            device=_device(backend),
            transports=frozenset(("cuda",) if backend == "nccl" else ("cpu",)),
        )

    def reduce(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """One collective."""
        sent = self._transportable(tensor)
        sent = sent.clone() if sent is tensor else sent
        dist.all_reduce(sent, op=_OPERATIONS[op], group=group)
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
        if self.world_size == 1:
            return super().begin_any(flag)
        asked = self._transportable(torch.tensor([flag], dtype=torch.uint8))
        begin = cast("Any", dist.all_reduce)
        work = begin(asked, op=dist.ReduceOp.MAX, async_op=True)

        def answer() -> bool:
            work.wait()
            return bool(asked)

        return answer

    def new_group(self, ranks: tuple[int, ...]) -> Any:
        """Its members meet; the others know at once that they are none."""
        if self.rank not in ranks:
            return dist.GroupMember.NON_GROUP_MEMBER
        group = dist.new_group(list(ranks), use_local_synchronization=True)
        group_lifetime.remember(group)
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
        if dist.is_initialized():
            group_lifetime.leave()

    def _transportable(self, tensor: Tensor) -> Tensor:
        return tensor.contiguous() if tensor.device.type in self._transports else tensor.to(self.device).contiguous()


_OPERATIONS: dict[Reduction, Any] = {
    "SUM": dist.ReduceOp.SUM,
    "PRODUCT": dist.ReduceOp.PRODUCT,
    "MIN": dist.ReduceOp.MIN,
    "MAX": dist.ReduceOp.MAX,
}


def _said(*names: str, default: int) -> int:
    """The first of these variables that the environment has."""
    return int(next((os.environ[name] for name in names if name in os.environ), default))


def _meet(place: Place, init_method: str | None, timeout: timedelta) -> Store:
    """The store through which the processes find each other."""
    if init_method is None and place.master_addr is None:
        return HashStore()
    try:
        if init_method is None:
            return _store_of_rank_0(place, timeout)
        meet = cast("Any", rendezvous)
        store, _, _ = next(iter(meet(init_method, place.rank, place.world_size, timeout=timeout)))
    except (dist.DistNetworkError, dist.DistStoreError) as error:
        raise _not_met(place, init_method or f"{place.master_addr}:{place.master_port}", error) from error
    return store


def _store_of_rank_0(place: Place, timeout: timedelta) -> Store:
    """Rank 0 listens and does not wait: the roll call does, and knows who is missing."""
    assert place.master_addr is not None
    assert place.master_port is not None
    is_master = place.rank == 0 and not place.has_store
    return TCPStore(place.master_addr, place.master_port, is_master=is_master, timeout=timeout, wait_for_workers=False)


def _not_met(place: Place, where: str, error: Exception) -> LaunchError:
    reason = str(error).splitlines()[0]
    if "EADDRINUSE" in reason:
        return LaunchError(f"Port {place.master_port} is taken by another program.", "Set another MASTER_PORT.")
    return LaunchError(
        f"Rank {place.rank} of {place.world_size} did not meet the others at {where}: {reason}",
        "Is rank 0 running there, and is the port open between the machines?",
    )


def _identity(place: Place, hosts: list[str]) -> dict[str, int]:
    """Numbers on this machine: the launcher's, or counted from the host names."""
    here = [rank for rank, host in enumerate(hosts) if host == hosts[place.rank]]
    nodes = list(dict.fromkeys(hosts))
    return {
        "rank": place.rank,
        "world_size": place.world_size,
        "local_rank": here.index(place.rank) if place.local_rank is None else place.local_rank,
        "nproc_per_node": place.nproc_per_node or len(here),
        "node_rank": nodes.index(hosts[place.rank]) if place.node_rank is None else place.node_rank,
        "nnodes": place.nnodes or len(nodes),
    }


def _take_gpu(local_rank: int) -> None:
    if local_rank >= torch.cuda.device_count():
        raise LaunchError(
            f"Local rank {local_rank} needs GPU {local_rank}, and this machine has {torch.cuda.device_count()}.",
            "Start at most one process for each GPU.",
        )
    torch.cuda.set_device(local_rank)


def _device(backend: str) -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if "nccl" in backend else torch.device("cpu")
