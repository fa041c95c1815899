from __future__ import annotations

import random

import numpy as np
import torch
from torch.utils.data import Dataset

from scaffold_runtime.distributed.sampler import EpochBatch
from scaffold_runtime.distributed.seeded_samples import SeededSamples


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
