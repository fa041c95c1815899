"""How the processes of torch.distributed meet: a store, each rank once, everybody there, and who is on which machine.

A process that never came is named after a while, and two that think differently of the run are told so
at once; torch.distributed alone would wait, for half an hour, in silence.
"""

import logging
import os
import socket
import time
from datetime import timedelta
from typing import Any, cast

import torch.distributed as dist
from torch.distributed import HashStore, PrefixStore, Store, TCPStore  # pyright: ignore  # torch documents them so
from torch.distributed.rendezvous import rendezvous  # pyright: ignore[reportUnknownVariableType]  # half typed

from ..exceptions import LaunchError
from .launch_environment import RankInfo

TIMEOUT = timedelta(minutes=5)
_WARN_EVERY_SECONDS = 30

_logger = logging.getLogger(__name__)


def meet(
    info: RankInfo, *, init_method: str | None = None, timeout: timedelta | None = None
) -> tuple[Store, dict[str, int]]:
    """Waits until all processes are there.

    Args:
        info: this process, as far as the launcher says it.
        init_method: where the processes meet, if not at the launcher's address.
        timeout: how long to wait for the others.

    Returns:
        The store, and all numbers of this process.

    Raises:
        LaunchError: processes stay away, two have one rank, or they expect another number of processes.
    """
    patience = timeout or TIMEOUT
    store = _find_store(info, init_method, patience)
    if info.has_store:  # it outlives its processes: those of the next attempt must not read what is left of these
        store = PrefixStore(f"idist/attempt/{info.attempt}/{info.world_size}", store)
    else:
        claim_rank(store, info.rank)
    return store, located(info, wait_for_all(store, info.rank, info.world_size, patience))


def wait_for_all(store: Store, rank: int, world_size: int, timeout: timedelta) -> list[str]:
    """Returns each process's host name, in rank order, when all are there.

    Raises:
        LaunchError: processes stay away, or expect another number of processes.
    """
    store.set(f"idist/{rank}", f"{world_size} {socket.gethostname()} {os.getpid()}")
    keys = [f"idist/{other}" for other in range(world_size)]
    started, waited, warned = time.monotonic(), 0.0, 0
    # Not `wait`, which would print a warning of torch's each time that it waits in vain.
    while missing := [key for key in keys if not store.check([key])]:
        time.sleep(min(1.0, 0.01 + waited / 10))
        waited = time.monotonic() - started
        _check_world_sizes(store, [key for key in keys if key not in missing], world_size)
        absent = ", ".join(key.removeprefix("idist/") for key in missing)
        if waited > timeout.total_seconds():
            raise LaunchError(
                f"Rank {rank} waited {waited:.0f} seconds for {world_size} processes; rank {absent} did not come.",
                "Start as many processes as WORLD_SIZE says, and look for an error of those that did not come.",
            )
        if waited > (warned + 1) * _WARN_EVERY_SECONDS:
            warned += 1
            _logger.warning("Rank %d has waited %.0f seconds for rank %s to start.", rank, waited, absent)
    _check_world_sizes(store, keys, world_size)
    return [store.get(key).decode().split()[1] for key in keys]


def claim_rank(store: Store, rank: int) -> None:
    """Sees that no other process has this rank, where no launcher gives the ranks.

    Raises:
        LaunchError: one has.
    """
    if store.add(f"idist/taken/{rank}", 1) > 1:
        raise LaunchError(f"Two processes have rank {rank}.", "Give each process its own RANK, from 0 on.")


def located(info: RankInfo, hosts: list[str]) -> dict[str, int]:
    """The numbers of a `ComputationModel`: those that the launcher did not say are counted from the host names."""
    here = [rank for rank, host in enumerate(hosts) if host == hosts[info.rank]]
    nodes = list(dict.fromkeys(hosts))
    return {
        "rank": info.rank,
        "world_size": info.world_size,
        "local_rank": here.index(info.rank) if info.local_rank is None else info.local_rank,
        "nproc_per_node": info.nproc_per_node or len(here),
        "node_rank": nodes.index(hosts[info.rank]) if info.node_rank is None else info.node_rank,
        "nnodes": info.nnodes or len(nodes),
    }


def open_store(nnodes: int, node_rank: int, address: str, port: int | None) -> tuple[int, Store | None]:
    """The port at which processes that are about to be started meet; machine 0 listens there from now on.

    Raises:
        LaunchError: the port is taken or missing, or there is no such machine.
    """
    if nnodes > 1 and port is None:
        raise LaunchError(f"{nnodes} machines need a port to meet at.", "Give `master_port`, the same on all machines.")
    if not 0 <= node_rank < nnodes:
        raise LaunchError(
            f"`node_rank` should be between 0 and {nnodes - 1}, got {node_rank}.", "Count the machines from 0."
        )
    if node_rank > 0:
        assert port is not None
        return port, None
    try:
        store = TCPStore(address, port or 0, is_master=True, wait_for_workers=False)
    except (dist.DistNetworkError, RuntimeError) as error:
        raise LaunchError(
            f"Port {port} of {address} is taken by another program.", "Give another `master_port`."
        ) from error
    return store.port, store


def _find_store(info: RankInfo, init_method: str | None, timeout: timedelta) -> Store:
    if init_method is None and (info.master_addr is None or info.master_port is None):
        return HashStore()  # one process
    try:
        if init_method is not None:
            store, _, _ = next(iter(cast("Any", rendezvous)(init_method, info.rank, info.world_size, timeout=timeout)))
            return store
        # Rank 0 listens and does not wait for the others here: `wait_for_all` does, and knows who is missing.
        is_master = info.rank == 0 and not info.has_store
        where = cast("str", info.master_addr), cast("int", info.master_port)
        return TCPStore(*where, is_master=is_master, timeout=timeout, wait_for_workers=False)
    except (dist.DistNetworkError, dist.DistStoreError) as error:
        reason = str(error).splitlines()[0]
        if "EADDRINUSE" in reason:
            raise LaunchError(
                f"Port {info.master_port} is taken by another program.", "Set another MASTER_PORT."
            ) from error
        where = init_method or f"{info.master_addr}:{info.master_port}"
        raise LaunchError(
            f"Rank {info.rank} of {info.world_size} did not meet the others at {where}: {reason}",
            "Is rank 0 running there, and is the port open between the machines?",
        ) from error


def _check_world_sizes(store: Store, keys: list[str], world_size: int) -> None:
    for key in keys:
        theirs = int(store.get(key).decode().split()[0])
        if theirs != world_size:
            rank = key.removeprefix("idist/")
            raise LaunchError(
                f"This process expects {world_size} processes, and rank {rank} expects {theirs}.",
                "Start all of them with the same WORLD_SIZE (nodes times processes per node).",
            )
