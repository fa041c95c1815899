"""What `auto_dataloader` makes of a dataset: samples with random numbers of their own, or a share of a stream."""

import random
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

T_co = TypeVar("T_co", covariant=True)


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
        numpy = sys.modules.get("numpy")
        before = torch.default_generator.get_state(), random.getstate(), numpy.random.get_state() if numpy else None
        try:
            return [self._sample(epoch, index) for index in indices]
        finally:
            torch.default_generator.set_state(before[0])
            random.setstate(before[1])
            if numpy:
                numpy.random.set_state(before[2])

    def _sample(self, epoch: int, index: int) -> T_co:
        seed = hash((self.seed, epoch, index)) & 0xFFFFFFFF
        torch.default_generator.manual_seed(seed)
        random.seed(seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed)
        return self.dataset[index]


class SplitStream(IterableDataset[T_co]):
    """The part of a stream that belongs to this process, and in a loader's worker to this worker.

    Samples are dealt out in turn to the processes, and a process's rounds in turn to its workers. Every
    process reads the whole stream and keeps its part.

    Args:
        dataset: a stream that is the same in every process and worker.
        rank: of this process.
        world_size: processes in all.
        complete: keep a last round in which not every process has a sample, as evaluation does; training
            leaves it out, so that all processes make equally many steps.

    Example:
        >>> class Numbers(IterableDataset):
        ...     def __iter__(self):
        ...         return iter(range(5))
        >>> list(SplitStream(Numbers(), rank=0, world_size=2)), list(SplitStream(Numbers(), rank=1, world_size=2))
        ([0, 2], [1, 3])
    """

    def __init__(self, dataset: IterableDataset[T_co], *, rank: int, world_size: int, complete: bool = False) -> None:
        self.dataset = dataset
        self.rank = rank
        self.world_size = world_size
        self.complete = complete

    def __iter__(self) -> Iterator[T_co]:
        worker = get_worker_info()
        worker_id, num_workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        own: list[T_co] = []
        for number, sample in enumerate(self.dataset):
            turn, place = divmod(number, self.world_size)
            if turn % num_workers != worker_id:
                continue
            if place == self.rank:
                own.append(sample)
            if place == self.world_size - 1:
                yield own.pop()
        if own and self.complete:
            yield own.pop()
