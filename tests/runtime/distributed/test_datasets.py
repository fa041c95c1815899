from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

from scaffold_runtime.distributed.datasets import SeededSamples
from scaffold_runtime.distributed.sampler import EpochBatch
from scaffold_runtime.distributed.streams import SplitStream


class Noisy(Dataset[tuple[float, float, float]]):
    """Each sample draws from all three sources of random numbers."""

    def __len__(self) -> int:
        return 100

    def __getitem__(self, index: int) -> tuple[float, float, float]:
        return torch.rand(()).item(), random.random(), float(np.random.rand())


def test_a_sample_is_the_same_whoever_makes_it() -> None:
    """A sample does not depend on what was made before it, nor on the batch it is in."""
    samples = SeededSamples(Noisy(), seed=1)
    assert samples.__getitems__([3, 4])[1] == samples.__getitems__([9, 4, 7])[1] == samples[4]
    assert samples[3] != samples[4]


def test_each_epoch_and_seed_has_its_own_noise() -> None:
    """A sample changes with the epoch, as augmentation should, and with the seed."""
    batch, later = EpochBatch([4]), EpochBatch([4])
    later.epoch = 1
    assert SeededSamples(Noisy(), seed=1).__getitems__(batch) != SeededSamples(Noisy(), seed=1).__getitems__(later)
    assert SeededSamples(Noisy(), seed=1)[4] != SeededSamples(Noisy(), seed=2)[4]


def test_the_programs_own_random_numbers_go_on() -> None:
    """Making samples leaves the three generators as they were."""
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    SeededSamples(Noisy())[5]
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # type: ignore[index]


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


class SharesItself(Numbers):
    """As torch's documentation has it: each worker takes a stretch of the numbers."""

    def __iter__(self) -> Iterator[int]:
        begin, end = 0, self.number
        if (worker := get_worker_info()) is not None:
            per_worker = math.ceil(self.number / worker.num_workers)
            begin, end = worker.id * per_worker, min((worker.id + 1) * per_worker, self.number)
        return iter(range(begin, end))


class Shuffles(Numbers):
    """By Python's, torch's and NumPy's random numbers, also while it is read."""

    def __iter__(self) -> Iterator[int]:
        left = list(range(self.number))
        random.shuffle(left)
        left = [left[place] for place in torch.randperm(self.number)]
        while left:
            yield left.pop(np.random.randint(len(left)))


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize(("world_size", "num_workers"), [(1, 0), (1, 2), (2, 0), (2, 1), (2, 2)])
def test_a_stream_that_does_more_than_others_is_the_same_everywhere(
    world_size: int, num_workers: int, persistent: bool
) -> None:
    """Whether it shares itself out among workers or shuffles itself, each sample comes once, in other orders later."""
    for stream in (SharesItself(12), Shuffles(12)):
        epochs: list[list[list[int]]] = [[], []]
        for rank in range(world_size):
            torch.manual_seed(rank)  # processes that have drawn differently
            split = SplitStream(stream, rank=rank, world_size=world_size)
            loader = DataLoader(
                split,
                batch_size=None,
                num_workers=num_workers,
                persistent_workers=persistent and num_workers > 0,
            )
            for epoch, parts in enumerate(epochs):
                split.set_epoch(epoch)
                parts.append([int(number) for number in loader])
        assert [sorted(number for part in parts for number in part) for parts in epochs] == [list(range(12))] * 2
        assert (epochs[0] != epochs[1]) == isinstance(stream, Shuffles)
