"""What `auto_dataloader` makes of a dataset: samples with random numbers of their own."""

import random
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch.utils.data import Dataset

T_co = TypeVar("T_co", covariant=True)

stream_class: type[Any] | None = None
"""What shares a stream out: `SplitStream`, for programs that import `streams`."""


class SeededSamples(Dataset[T_co]):
    """A dataset whose samples draw their random numbers from (seed, epoch, index).

    So augmentation is the same whoever makes it, worker or process.

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
        before = random_states()
        try:
            return [self._sample(epoch, index) for index in indices]
        finally:
            set_random_states(before)

    def _sample(self, epoch: int, index: int) -> T_co:
        seed_all(self.seed, epoch, index)
        return self.dataset[index]


def seed_all(*numbers: int) -> None:
    """Seeds torch, `random` and NumPy, if it is there."""
    seed = hash(numbers) & 0xFFFFFFFF
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)


def random_states() -> tuple[Any, Any, Any]:
    """Of torch, Python and NumPy."""
    numpy = sys.modules.get("numpy")
    return torch.default_generator.get_state(), random.getstate(), numpy.random.get_state() if numpy else None


def set_random_states(state: tuple[Any, Any, Any]) -> None:
    """Goes back there."""
    torch.default_generator.set_state(state[0])
    random.setstate(state[1])
    if state[2] is not None:
        sys.modules["numpy"].random.set_state(state[2])
