"""The data of a run as a stream of batches that can start anywhere.

A walk is one iteration over the data; epochs and walks coincide unless `epoch_length` says otherwise.
A start in the middle of a walk leaves out indices, never samples, wherever the data has indices: they are
neither read nor thrown away. Data without them (an iterable dataset, a generator) is read up to the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any, cast

from torch import Tensor
from torch.utils.data import DataLoader

from .loader_view import has_order, open_loader, order_state
from .position import sampler_of


class Feed:
    """Walks over `data` again and again.

    Args:
        data: what gives batches; None gives `None` forever.
        position: where another feed over this data was, as `state_dict` told.

    Attributes:
        walks: walks completed.
    """

    def __init__(self, data: Iterable[Any] | None, position: dict[str, Any] | None = None) -> None:
        self.data = data
        self._go_to({"walks": 0, "batches": 0} if position is None else position)

    @property
    def indexed(self) -> DataLoader[Any] | None:
        """The data if it is a loader that reads by index, and no sampler of its own knows positions."""
        data = cast("object", self.data)
        if not isinstance(data, DataLoader) or sampler_of(cast("object", data)) is not None:
            return None
        loader = cast("DataLoader[Any]", data)
        return loader if has_order(loader) else None

    def batches(self) -> Iterator[Any]:
        """The current walk, opened at the position if it is not under way."""
        if self._walk is None:
            self._walk = self._open()
        return self._walk

    def restart(self) -> None:
        """The next walk begins."""
        self.walks += 1
        self._opened_at = self._samples = 0
        self._order_state = self._walk = None

    def give_back(self, batch: Any) -> None:
        """The walk under way gives this batch next, once more."""
        self._walk = chain((batch,), self.batches())

    def leave(self, batches_done: int, *, failed: bool = False) -> int:
        """The run is over: a walk that can be opened again at its place is closed, which frees its workers.

        Args:
            batches_done: batches of the walk whose steps are done.
            failed: an exception may have come from the walk itself, so only what cannot be opened again is kept.

        Returns:
            Batches done of the walk that comes next: none if this one is complete.
        """
        if self._walk is None or isinstance(self.data, Iterator):
            return batches_done
        position = self.state_dict(batches_done)
        by_index = sampler_of(self.data) is not None or self.indexed is not None
        if failed or by_index or position["batches"] == 0:
            self._go_to(position)
            return position["batches"]
        return batches_done

    def remaining(self) -> int | None:
        """Batches from the position of a walk not opened yet to its end, where a sampler can tell."""
        sampler = sampler_of(self.data)
        if sampler is None:
            return None
        sampler.skip(self._samples)
        remaining = len(sampler)
        sampler.skip(0)
        return remaining

    def state_dict(self, batches_done: int) -> dict[str, Any]:
        """The position after so many batches of the walk: numbers, and the random state its order was drawn with."""
        if batches_done == length_of(self.data):
            return {"walks": self.walks + 1, "batches": 0}
        position: dict[str, Any] = {"walks": self.walks, "batches": batches_done}
        sampler = sampler_of(self.data)
        if sampler is not None and batches_done:
            position["samples"] = self._samples
            if batches_done > self._opened_at:
                sampler.skip(self._samples)
                position["samples"] = sampler.samples_after(batches_done - self._opened_at)
                sampler.skip(0)
        if batches_done and self._order_state is not None:
            position["order"] = self._order_state
        return position

    def _view(self, loader: DataLoader[Any]) -> DataLoader[Any]:
        """The loader that is walked over in place of `loader`, with the same order."""
        return loader

    def _go_to(self, position: dict[str, Any]) -> None:
        self.walks: int = position["walks"]
        self._walk: Iterator[Any] | None = None
        self._opened_at: int = position["batches"]  # batches and samples before the walk's start
        self._samples: int = position.get("samples", 0)
        self._order_state: dict[str, Any] | None = position.get("order")

    def _open(self) -> Iterator[Any]:
        data, skip = self.data, self._opened_at
        if data is None:
            return repeat(None)
        sampler = sampler_of(data)
        if sampler is not None:
            sampler.set_epoch(self.walks)
            sampler.skip(self._samples)
            return iter(data)
        loader = self.indexed
        if loader is not None:
            self._order_state = self._order_state if skip else order_state(loader)
            return open_loader(self._view(loader), skip, self._order_state)
        if skip and isinstance(data, (Sequence, Tensor)):
            return map(cast("Sequence[Any]", data).__getitem__, range(skip, len(data)))
        walk = iter(data)
        next(islice(walk, skip, skip), None)  # reads what is to be skipped
        return walk


def length_of(data: Iterable[Any] | None) -> int | None:
    """Batches of one walk, or None where the data does not know (a generator, an iterable dataset)."""
    try:
        return len(cast("Sequence[Any]", data))
    except (TypeError, NotImplementedError):
        return None
