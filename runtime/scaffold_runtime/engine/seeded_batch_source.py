"""Data whose order and random augmentation follow from a seed and the number of the pass, and from nothing else."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from torch.utils.data import DataLoader

from ..distributed.datasets import SeededSamples
from ..distributed.sampler import EpochBatch
from .batch_source import BatchSource
from .random_state import random_state, seed_everything, set_random_state
from .resumed_loader import view_of


class SeededBatchSource(BatchSource):
    """Seeds all generators where a pass begins, and each sample where it is made.

    A sample's own random numbers come from (seed, pass, index), so workers, their number and a start in the
    middle make no difference to it. The user's loader is only read; a view of it is iterated over.

    Args:
        data: as for `BatchSource`.
        position: as for `BatchSource`.
        seed: of the run.
        state: the generators' states at the position, for a start in the middle of a pass.
    """

    def __init__(
        self,
        data: Iterable[Any] | None,
        position: dict[str, Any] | None = None,
        *,
        seed: int,
        state: dict[str, Any] | None = None,
    ) -> None:
        self._seed = seed
        self._state = state
        super().__init__(data, position)

    def leave(self, batches_done: int, *, failed: bool = False) -> int:
        """See `BatchSource.leave`; a pass that is opened again goes on with the random numbers that come next."""
        self._state = random_state()
        return super().leave(batches_done, failed=failed)

    def _open(self) -> Iterator[Any]:
        seed_everything(self._seed + self.passes)
        batches = super()._open()
        if self.opened_at and self._state is not None:
            set_random_state(self._state)
        self._state = None
        return batches

    def _view(self, loader: DataLoader[Any]) -> DataLoader[Any]:
        batches = cast("Any", loader).batch_sampler
        if batches is None or isinstance(loader.dataset, SeededSamples):
            return loader
        samples = SeededSamples(loader.dataset, seed=self._seed)
        return view_of(loader, dataset=samples, batch_sampler=_OfPass(batches, self.passes))


class _OfPass:
    """The batches of a sampler, each of which knows the number of its pass."""

    def __init__(self, batches: Any, number: int) -> None:
        self._batches = batches
        self._number = number
        self.sampler = getattr(batches, "sampler", None)
        self.generator = getattr(batches, "generator", None)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[EpochBatch]:
        for indices in self._batches:
            batch = EpochBatch(indices)
            batch.epoch = self._number
            yield batch
