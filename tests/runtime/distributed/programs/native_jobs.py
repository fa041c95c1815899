"""What a `Team` does with process groups that the program makes itself, and with the getters."""

from __future__ import annotations

import os
import time
import timeit
from datetime import timedelta

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


def nanoseconds() -> dict[str, float]:
    """What each getter costs, at best."""
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
    return {getter.__name__: min(timeit.repeat(getter, number=20_000, repeat=5)) / 20_000 * 1e9 for getter in getters}


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
