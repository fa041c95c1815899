"""The first thing that processes do together: each says that it is there, and hears who else is.

A process that never came is named after a while, and two that think differently of the run are told so
at once; torch.distributed alone would wait, for half an hour, in silence.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from datetime import timedelta

from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]  # torch documents it so

from .errors import LaunchError

_logger = logging.getLogger(__name__)

_PATIENCE = timedelta(seconds=1)
_WARN_EVERY_SECONDS = 30


def call_roll(store: Store, rank: int, world_size: int, timeout: timedelta) -> list[str]:
    """Returns each process's host name, in rank order, when all are there.

    Args:
        store: that all processes share.
        rank: of this process.
        world_size: processes that this one expects.
        timeout: how long to wait for the others.

    Raises:
        LaunchError: processes stay away, or expect another number of processes.
    """
    store.set(f"idist/{rank}", f"{world_size} {socket.gethostname()} {os.getpid()}")
    keys = [f"idist/{other}" for other in range(world_size)]
    started, warned = time.monotonic(), 0
    while missing := _wait_for(store, keys):
        _check_world_sizes(store, [key for key in keys if key not in missing], world_size)
        waited = time.monotonic() - started
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


def _wait_for(store: Store, keys: list[str]) -> list[str]:
    """The keys that are still missing after a moment."""
    try:
        store.wait(keys, _PATIENCE)
    except RuntimeError:  # the moment is over; an unreachable store fails in `check`
        return [key for key in keys if not store.check([key])]
    return []


def _check_world_sizes(store: Store, keys: list[str], world_size: int) -> None:
    for key in keys:
        theirs = int(store.get(key).decode().split()[0])
        if theirs != world_size:
            rank = key.removeprefix("idist/")
            raise LaunchError(
                f"This process expects {world_size} processes, and rank {rank} expects {theirs}.",
                "Start all of them with the same WORLD_SIZE (nodes times processes per node).",
            )
