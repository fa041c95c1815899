"""What a `Team` does with process groups that the program makes itself, and with the getters."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

import torch.distributed as dist

from scaffold_runtime import distributed as idist


def places() -> tuple[int, ...]:
    """What the getters say."""
    return (
        idist.get_rank(),
        idist.get_world_size(),
        idist.get_local_rank(),
        idist.get_nproc_per_node(),
        idist.get_node_rank(),
        idist.get_nnodes(),
    )


def unequal_machines(port: int) -> tuple[int, ...]:
    """What the getters say on machines with one process and with the others, as torchrun's variables say it."""
    rank, world_size = idist.get_rank(), idist.get_world_size()
    idist.finalize()
    kept = dict(os.environ)
    node, own = min(rank, 1), 1 if rank == 0 else world_size - 1
    os.environ.update(MASTER_PORT=str(port), LOCAL_RANK=str(max(0, rank - 1)), LOCAL_WORLD_SIZE=str(own))
    os.environ.update(GROUP_RANK=str(node), GROUP_WORLD_SIZE="2")
    idist.initialize("gloo")
    said = places()
    idist.barrier()
    idist.finalize()
    os.environ.clear()
    os.environ.update(kept, MASTER_PORT=str(port + 1))
    idist.initialize("gloo")
    return said


def calls_of_getters() -> dict[str, list[str]]:
    """Every function, of Python or of C, that runs while a getter answers."""
    getters = (
        idist.get_rank,
        idist.get_world_size,
        idist.get_local_rank,
        idist.get_nproc_per_node,
        idist.get_nnodes,
        idist.get_node_rank,
        idist.backend,
        idist.device,
        idist.model_name,
    )
    return {getter.__name__: _calls_of(getter) for getter in getters}


def calls_of_a_collective() -> list[str]:
    """The same of a barrier."""
    return _calls_of(idist.barrier)


def _calls_of(function: Callable[[], object]) -> list[str]:
    called: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)
        elif event == "c_call" and argument is not sys.setprofile:
            called.append(argument.__name__)

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return called


def asked_by_one() -> bool:
    """Rank 0 alone asks everything; the others meanwhile wait for it at another place."""
    if idist.get_rank() == 0:
        places()
        idist.hostname()
        idist.show_config()
        idist.available_backends()
    idist.barrier()
    return True


def own_group(port: int) -> list[object]:
    """Leaves the team's group, makes one by hand, and lets idist notice it; then goes back."""
    rank, world_size = idist.get_rank(), idist.get_world_size()
    idist.finalize()
    before = [idist.get_rank(), idist.get_world_size(), idist.backend()]
    store = dist.TCPStore("127.0.0.1", port, is_master=rank == 0, wait_for_workers=False)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=world_size, timeout=timedelta(seconds=30))
    idist.set_local_rank(rank)
    noticed = idist.all_reduce(1)  # collectives notice it by themselves
    after = [idist.get_rank(), idist.get_world_size(), idist.get_local_rank(), idist.backend(), noticed]
    idist.barrier()
    dist.destroy_process_group()
    idist.sync()
    last = idist.get_world_size()
    time.sleep(0.2)
    os.environ["MASTER_PORT"] = str(port + 1)
    idist.initialize("gloo")
    return [before, after, last]
