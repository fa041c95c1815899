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
        before = _random_state()
        try:
            return [self._sample(epoch, index) for index in indices]
        finally:
            _set_random_state(before)

    def _sample(self, epoch: int, index: int) -> T_co:
        _seed(self.seed, epoch, index)
        return self.dataset[index]


class SplitStream(IterableDataset[T_co]):
    """The part of a stream that belongs to this process, and in a loader's worker to this worker.

    Samples are dealt out in turn to the processes, and a process's rounds in turn to its workers. Every
    process reads the whole stream and keeps its part. So the stream has to be the same everywhere: it draws its random
    numbers from (seed, epoch), and `get_worker_info`, by which a dataset would share itself out, tells it nothing.

    Args:
        dataset: a stream that is the same in every process and worker, if its random numbers are.
        rank: of this process.
        world_size: processes in all.
        seed: of the stream's random numbers.
        complete: keep a last round in which not every process has a sample, as evaluation does; training
            leaves it out, so that all processes make equally many steps.

    Example:
        >>> class Numbers(IterableDataset):
        ...     def __iter__(self):
        ...         return iter(range(5))
        >>> list(SplitStream(Numbers(), rank=0, world_size=2)), list(SplitStream(Numbers(), rank=1, world_size=2))
        ([0, 2], [1, 3])
    """

    def __init__(
        self, dataset: IterableDataset[T_co], *, rank: int, world_size: int, seed: int = 0, complete: bool = False
    ) -> None:
        self.dataset = dataset
        self.rank = rank
        self.world_size = world_size
        self.seed = seed
        self.complete = complete
        self._epoch: torch.Tensor = torch.zeros(1, dtype=torch.long)
        self._epoch.share_memory_()  # with workers that outlive an epoch

    def set_epoch(self, epoch: int) -> None:
        """The stream draws other numbers in each epoch; an engine says which one begins."""
        self._epoch.fill_(epoch)

    def __iter__(self) -> Iterator[T_co]:
        worker = get_worker_info()
        worker_id, num_workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        if self.world_size * num_workers == 1:
            yield from self.dataset
            return
        own: list[T_co] = []
        for number, sample in enumerate(self._alike()):
            turn, place = divmod(number, self.world_size)
            if turn % num_workers != worker_id:
                continue
            if place == self.rank:
                own.append(sample)
            if place == self.world_size - 1:
                yield own.pop()
        if own and self.complete:
            yield own.pop()

    def _alike(self) -> Iterator[T_co]:
        """The whole stream, as it is in every process and worker."""
        known, info = get_worker_info.__globals__, get_worker_info()
        samples: Iterator[T_co] | None = None
        state: Any = None
        while True:
            known["_worker_info"] = None
            before = None if info else _random_state()  # a worker has nobody else who draws
            try:
                if samples is None:
                    _seed(self.seed, int(self._epoch))
                    samples = iter(self.dataset)
                elif info is None:
                    _set_random_state(state)
                sample = next(samples)
            except StopIteration:
                return
            finally:
                known["_worker_info"] = info
                if before is not None:
                    state = _random_state()
                    _set_random_state(before)
            yield sample


def _seed(*numbers: int) -> None:
    """Seeds torch, `random` and NumPy, if it is there."""
    seed = hash(numbers) & 0xFFFFFFFF
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)


def _random_state() -> tuple[Any, Any, Any]:
    numpy = sys.modules.get("numpy")
    return torch.default_generator.get_state(), random.getstate(), numpy.random.get_state() if numpy else None


def _set_random_state(state: tuple[Any, Any, Any]) -> None:
    torch.default_generator.set_state(state[0])
    random.setstate(state[1])
    if state[2] is not None:
        sys.modules["numpy"].random.set_state(state[2])
