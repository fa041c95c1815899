"""A batch sampler whose order is drawn at once, so that it can start anywhere."""

from collections.abc import Iterator
from typing import Any

from torch.utils.data import BatchSampler, DataLoader

from .resumed_loader import view_of


class ReproducibleBatchSampler(BatchSampler):
    """Draws all batches of indices of a pass when the pass begins.

    What the steps draw from the same generator meanwhile no longer changes the order. Engines do not need
    it to resume; it is for loops of your own.

    Args:
        batch_sampler: gives the batches.
        start_iteration: the batch that the next pass starts at, counted from 0.

    Example:
        >>> from torch.utils.data import SequentialSampler
        >>> list(ReproducibleBatchSampler(BatchSampler(SequentialSampler(range(6)), 2, False), start_iteration=1))
        [[2, 3], [4, 5]]
    """

    def __init__(self, batch_sampler: BatchSampler, start_iteration: int | None = None) -> None:
        if not isinstance(batch_sampler, BatchSampler):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`batch_sampler` should be a `torch.utils.data.BatchSampler`, got {batch_sampler!r}.")
        self.batch_sampler = batch_sampler
        self.sampler = batch_sampler.sampler
        self.start_iteration = start_iteration
        self.batch_indices: list[list[int]] = []

    def setup_batch_indices(self) -> None:
        """Draws the batches of the coming pass."""
        self.batch_indices = list(self.batch_sampler)[self.start_iteration or 0 :]
        self.start_iteration = None

    def __iter__(self) -> Iterator[list[int]]:
        self.setup_batch_indices()
        yield from self.batch_indices

    def __len__(self) -> int:
        return len(self.batch_sampler)


def update_dataloader(dataloader: DataLoader[Any], new_batch_sampler: BatchSampler) -> DataLoader[Any]:
    """A loader like `dataloader`, of the same class, over other batches; `dataloader` stays as it is."""
    return view_of(
        dataloader,
        batch_sampler=new_batch_sampler,
        sampler=new_batch_sampler.sampler,
        persistent_workers=dataloader.persistent_workers,
    )
