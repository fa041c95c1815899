from __future__ import annotations

import socket
import threading
from datetime import timedelta

import pytest
from torch.distributed import HashStore

from scaffold_runtime.distributed.launch_environment import RankInfo
from scaffold_runtime.distributed.rendezvous import claim_rank, located, wait_for_all
from scaffold_runtime.exceptions import LaunchError

SOON = timedelta(seconds=1)


def identity(*numbers: int) -> dict[str, int]:
    """A process's numbers by name."""
    names = ("rank", "world_size", "local_rank", "nproc_per_node", "node_rank", "nnodes")
    return dict(zip(names, numbers, strict=True))


PATIENCE = timedelta(minutes=1)


def test_all_there() -> None:
    """Everyone hears where the others are."""
    store = HashStore()
    other = threading.Thread(target=wait_for_all, args=(store, 1, 2, PATIENCE))
    other.start()
    assert wait_for_all(store, 0, 2, PATIENCE) == [socket.gethostname()] * 2
    other.join()


def test_someone_stays_away() -> None:
    """A process that never came is named when the patience ends."""
    with pytest.raises(LaunchError, match=r"Rank 0 waited \d seconds for 3 processes; rank 1, 2 did not come\."):
        wait_for_all(HashStore(), 0, 3, SOON)


def test_someone_comes_twice() -> None:
    """Two processes of one rank are told so at once."""
    store = HashStore()
    claim_rank(store, 0)
    claim_rank(store, 1)
    with pytest.raises(LaunchError, match="Two processes have rank 0"):
        claim_rank(store, 0)


def test_world_sizes_disagree() -> None:
    """A process that expects another number of processes is told what the others expect, long before the timeout."""
    store = HashStore()
    store.set("idist/1", "2 host 1")
    with pytest.raises(LaunchError, match="This process expects 3 processes, and rank 1 expects 2"):
        wait_for_all(store, 0, 3, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("rank", "local_rank", "nproc_per_node", "node_rank"), [(3, 3, 4, 0), (7, 3, 4, 1), (8, 0, 3, 2), (10, 2, 3, 2)]
)
def test_machines_may_have_different_numbers_of_processes(
    rank: int, local_rank: int, nproc_per_node: int, node_rank: int
) -> None:
    """Host names say what the launcher does not, as srun's `4(x2),3` on three machines."""
    info = located(RankInfo(rank, 11), ["n1"] * 4 + ["n2"] * 4 + ["n3"] * 3)
    assert info == identity(rank, 11, local_rank, nproc_per_node, node_rank, 3)


def test_what_the_launcher_says_counts() -> None:
    """Machines that have one name, as containers may, are still two if the launcher says so."""
    info = RankInfo(1, 2, local_rank=0, nproc_per_node=1, node_rank=1, nnodes=2)
    assert located(info, ["same", "same"]) == identity(1, 2, 0, 1, 1, 2)
