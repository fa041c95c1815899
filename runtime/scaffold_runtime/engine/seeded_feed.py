"""Data whose order and random augmentation follow from a seed and the number of the walk, and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from torch.utils.data import DataLoader

from ..distributed.sampler import EpochBatch
from ..distributed.seeded_samples import SeededSamples
from .feed import Feed
from .loader_view import view_of
from .random_state import random_state, seed_everything, set_random_state


class SeededFeed(Feed):
    """A feed that seeds all generators where a walk begins, and each sample where it is made.

    A sample's own random numbers come from (seed, walk, index), so workers, their number and a start in the
    middle make no difference to it. The user's loader is only read; a view of it is walked over.

    Args:
        data: as for `Feed`.
        position: as for `Feed`.
        seed: of the run.
        state: the generators' states at the position, for a start in the middle of a walk.
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
        """See `Feed.leave`; a walk that is opened again goes on with the random numbers that come next."""
        self._state = random_state()
        return super().leave(batches_done, failed=failed)

    def _open(self) -> Iterator[Any]:
        seed_everything(self._seed + self.walks)
        walk = super()._open()
        if self._opened_at and self._state is not None:
            set_random_state(self._state)
        self._state = None
        return walk

    def _view(self, loader: DataLoader[Any]) -> DataLoader[Any]:
        batches = cast("Any", loader).batch_sampler
        if batches is None or isinstance(loader.dataset, SeededSamples):
            return loader
        samples = SeededSamples(loader.dataset, seed=self._seed)
        return view_of(loader, dataset=samples, batch_sampler=_OfWalk(batches, self.walks))


class _OfWalk:
    """The batches of a sampler, each of which knows the number of its walk."""

    def __init__(self, batches: Any, walk: int) -> None:
        self._batches = batches
        self._walk = walk
        self.sampler = getattr(batches, "sampler", None)
        self.generator = getattr(batches, "generator", None)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[EpochBatch]:
        for indices in self._batches:
            batch = EpochBatch(indices)
            batch.epoch = self._walk
            yield batch
