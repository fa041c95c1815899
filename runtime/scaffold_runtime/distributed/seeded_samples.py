"""Random numbers that belong to the sample: augmentation is the same whoever makes it, worker or process."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch.utils.data import Dataset

T_co = TypeVar("T_co", covariant=True)


class SeededSamples(Dataset[T_co]):
    """A dataset whose samples draw their random numbers from (seed, epoch, index).

    torch, `random` and NumPy are seeded for each sample, and put back after the batch: the training loop's own
    random numbers do not notice. What the dataset gives depends neither on the number of workers nor on that
    of processes.

    Args:
        dataset: with a length and an index.
        seed: of the run.

    Example:
        >>> class Noise(Dataset):
        ...     def __getitem__(self, index):
        ...         return torch.rand(()).item()
        >>> noise = SeededSamples(Noise(), seed=7)
        >>> noise[3] == noise[3], noise[3] == noise[4]
        (True, False)
    """

    def __init__(self, dataset: Dataset[T_co], *, seed: int = 0) -> None:
        self.dataset = dataset
        self.seed = seed

    def __len__(self) -> int:
        return len(self.dataset)  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]  # it has one

    def __getitem__(self, index: Any) -> T_co:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        """The samples of a batch."""
        epoch = getattr(indices, "epoch", 0)
        before = _states()
        try:
            return [self._sample(epoch, index) for index in indices]
        finally:
            _restore(before)

    def _sample(self, epoch: int, index: int) -> T_co:
        seed = hash((self.seed, epoch, index)) & 0xFFFFFFFF
        torch.default_generator.manual_seed(seed)
        random.seed(seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed)
        return self.dataset[index]


def _states() -> tuple[Any, ...]:
    numpy = sys.modules.get("numpy")
    return torch.default_generator.get_state(), random.getstate(), numpy.random.get_state() if numpy else None


def _restore(states: tuple[Any, ...]) -> None:
    torch.default_generator.set_state(states[0])
    random.setstate(states[1])
    if states[2] is not None:
        sys.modules["numpy"].random.set_state(states[2])
