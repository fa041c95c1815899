"""An iterable dataset, shared among processes and their workers without overlap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from torch.utils.data import IterableDataset, get_worker_info

T_co = TypeVar("T_co", covariant=True)


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
