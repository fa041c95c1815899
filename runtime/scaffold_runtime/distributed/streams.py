"""Streams that are shared out among processes and among the workers of their loaders: each sample once."""

from collections.abc import Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import IterableDataset, get_worker_info

from . import datasets
from .datasets import random_states, seed_all, set_random_states

T_co = TypeVar("T_co", covariant=True)


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
            before = None if info else random_states()  # a worker has nobody else who draws
            try:
                if samples is None:
                    seed_all(self.seed, int(self._epoch))
                    samples = iter(self.dataset)
                elif info is None:
                    set_random_states(state)
                sample = next(samples)
            except StopIteration:
                return
            finally:
                known["_worker_info"] = info
                if before is not None:
                    state = random_states()
                    set_random_states(before)
            yield sample


datasets.stream_class = SplitStream
