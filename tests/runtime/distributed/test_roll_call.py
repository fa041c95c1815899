from __future__ import annotations

import socket
import threading
from datetime import timedelta

import pytest
from torch.distributed import HashStore

from scaffold_runtime.distributed.errors import LaunchError
from scaffold_runtime.distributed.roll_call import call_roll, claim_rank

SOON = timedelta(seconds=1)


def test_all_there() -> None:
    """Everyone hears where the others are."""
    store = HashStore()
    other = threading.Thread(target=call_roll, args=(store, 1, 2, SOON))
    other.start()
    assert call_roll(store, 0, 2, SOON) == [socket.gethostname()] * 2
    other.join()


def test_someone_stays_away() -> None:
    """A process that never came is named when the patience ends."""
    with pytest.raises(LaunchError, match=r"Rank 0 waited \d seconds for 3 processes; rank 1, 2 did not come\."):
        call_roll(HashStore(), 0, 3, SOON)


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
        call_roll(store, 0, 3, timedelta(minutes=5))
