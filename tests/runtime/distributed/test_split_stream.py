from __future__ import annotations

from collections.abc import Iterator

import pytest
from torch.utils.data import DataLoader, IterableDataset

from scaffold_runtime.distributed.split_stream import SplitStream


class Numbers(IterableDataset[int]):
    """A stream of known length."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.number))


@pytest.mark.parametrize("num_workers", [0, 1, 2])
@pytest.mark.parametrize("number", [12, 13, 2, 0])
def test_parts_do_not_overlap(number: int, num_workers: int) -> None:
    """Over two processes and their workers, every sample comes once; training leaves out an incomplete round."""
    for complete in (True, False):
        parts = [
            list(
                DataLoader(
                    SplitStream(Numbers(number), rank=rank, world_size=2, complete=complete),
                    batch_size=None,
                    num_workers=num_workers,
                )
            )
            for rank in (0, 1)
        ]
        kept = number if complete else number - number % 2
        assert sorted(parts[0] + parts[1]) == list(range(kept))
        assert complete or len(parts[0]) == len(parts[1])
