"""The data of a run as a stream of batches that can start anywhere.

A pass is one walk over the data; epochs and passes coincide unless `epoch_length` says otherwise.
Where the data is a `DataLoader`, a start in the middle of a pass skips indices, never samples: they
are neither read nor thrown away. The user's loader is only read; skipping happens in a view of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, cast, runtime_checkable

import torch
from torch import Tensor
from torch.utils.data import DataLoader


@runtime_checkable
class PositionedSampler(Protocol):
    """A batch sampler that knows where it is, as `idist.auto_dataloader` gives one to its loaders."""

    def set_epoch(self, epoch: int) -> None:
        """Chooses the permutation of pass `epoch`, counted from 0."""
        ...

    def skip(self, samples: int) -> None:
        """The next iteration starts after this many samples, counted over all processes; the one after it at 0."""
        ...

    def samples_after(self, batches: int) -> int:
        """Samples that all processes have consumed once each has yielded `batches` batches since the skip."""
        ...

    def __len__(self) -> int:
        """Batches of the coming iteration, on this process."""
        ...


class Feed:
    """Walks over `data` again and again, and says how far it is.

    Attributes:
        passes: walks completed.
        batches: batches given in the current walk.
    """

    def __init__(self, data: Iterable[Any] | None) -> None:
        self.data = data
        self.passes = 0
        self.batches = 0
        self._iterator: Iterator[Any] | None = None
        self._skipped_batches = 0
        self._skipped_samples = 0
        self._random_state: Tensor | None = None

    @property
    def sampler(self) -> PositionedSampler | None:
        """The data's own sampler, if it knows positions."""
        sampler = getattr(self.data, "batch_sampler", None)
        return sampler if isinstance(sampler, PositionedSampler) else None

    def iterator(self) -> Iterator[Any]:
        """The current walk, begun where the position says if it is not under way."""
        if self._iterator is None:
            self._iterator = self._open()
        return self._iterator

    def restart(self) -> None:
        """The next walk begins."""
        self.passes += 1
        self.batches = self._skipped_batches = self._skipped_samples = 0
        self._random_state = None
        self._iterator = None

    def remaining_of(self, sampler: PositionedSampler) -> int:
        """Batches from the position to the end of the walk that has not been opened yet."""
        self._place(sampler)
        return len(sampler)

    def state_dict(self) -> dict[str, Any]:
        """The position, as plain numbers; for a plain loader also the random state its shuffle began with."""
        state: dict[str, Any] = {"passes": self.passes, "batches": self.batches}
        if self.sampler is not None:
            state["samples"] = self.sampler.samples_after(self.batches - self._skipped_batches)
        elif isinstance(self.data, DataLoader) and self.batches and self._random_state is not None:
            state["random_state"] = self._random_state
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes to a position that `state_dict` told; the walk is opened there when it is first asked for."""
        self.passes = state["passes"]
        self.batches = self._skipped_batches = state["batches"]
        self._skipped_samples = state.get("samples", 0)
        self._random_state = state.get("random_state")
        self._iterator = None

    def _place(self, sampler: PositionedSampler) -> None:
        sampler.set_epoch(self.passes)
        sampler.skip(self._skipped_samples)

    def _open(self) -> Iterator[Any]:
        if self.data is None:
            return itertools.repeat(None)
        if self.sampler is not None:
            self._place(self.sampler)
            return iter(self.data)
        if isinstance(self.data, DataLoader):
            return self._open_loader(cast("DataLoader[Any]", self.data))
        if isinstance(self.data, Sequence):
            return map(self.data.__getitem__, range(self._skipped_batches, len(self.data)))
        # Without indices there is nothing to skip by: what came before is read and dropped.
        return itertools.islice(iter(self.data), self._skipped_batches, None)

    def _open_loader(self, loader: DataLoader[Any]) -> Iterator[Any]:
        """The loader from its start, or a view of it with the same shuffle from the position on."""
        batches = cast("Iterable[list[Any]] | None", loader.batch_sampler)  # pyright: ignore[reportUnknownMemberType]
        if self._skipped_batches == 0 or batches is None:
            self._random_state = torch.get_rng_state()
            return itertools.islice(iter(loader), self._skipped_batches, None)
        now = torch.get_rng_state()
        if self._random_state is not None:
            torch.set_rng_state(self._random_state)
        indices = list(itertools.islice(iter(batches), self._skipped_batches, None))
        torch.set_rng_state(now)
        return iter(_view(loader, indices))


def length_of(data: Iterable[Any] | None) -> int | None:
    """Batches of one walk, or None where the data does not know (a generator, an iterable dataset)."""
    try:
        return len(cast("Sequence[Any]", data))
    except TypeError:
        return None


def _view(loader: DataLoader[Any], indices: list[Any]) -> DataLoader[Any]:
    """A loader like `loader` over these batches of indices."""
    untyped = cast(Any, loader)  # torch leaves half of these attributes without a type
    return DataLoader(
        loader.dataset,
        batch_sampler=indices,
        num_workers=loader.num_workers,
        collate_fn=untyped.collate_fn,
        pin_memory=loader.pin_memory,
        timeout=loader.timeout,
        worker_init_fn=loader.worker_init_fn,
        multiprocessing_context=untyped.multiprocessing_context,
        generator=untyped.generator,
        prefetch_factor=loader.prefetch_factor,
    )
