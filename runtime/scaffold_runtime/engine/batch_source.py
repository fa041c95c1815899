"""The data of a run as a stream of batches that can start anywhere, and where in it the run is.

A pass is one iteration over the data; epochs and passes coincide unless `epoch_length` says otherwise.
A start in the middle of a pass leaves out indices, never samples, wherever the data has indices: they are
neither read nor thrown away. Data without them (an iterable dataset, a generator) is read up to the place.
"""

import copy
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any, Protocol, cast, runtime_checkable

from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from ..distributed import datasets
from .resumed_loader import open_loader, order_state, view_of

find_place: Callable[[Iterable[Any] | None, dict[str, Any]], dict[str, Any]] | None = None
"""Finds the place in the data that a position written by hand means, in programs that import `state_by_hand`."""


@runtime_checkable
class PositionedSampler(Protocol):
    """A batch sampler that knows where it is, as `idist.auto_dataloader` gives one to its loaders."""

    def set_epoch(self, epoch: int) -> None:
        """Chooses the permutation of pass `epoch`, counted from 0."""

    def skip(self, samples: int) -> None:
        """The next iteration starts after this many samples, counted over all processes; the one after it at 0."""

    def samples_after(self, batches: int) -> int:
        """Samples that all processes have consumed once each has yielded `batches` batches since the skip."""
        ...

    def __len__(self) -> int:
        """Batches of the coming iteration, on this process."""
        ...


@dataclass
class Progress:
    """Steps of a run, and the marks that turn them into places in the epoch and in the pass over the data.

    Both places follow by subtraction, so the loop writes two numbers and nothing has to be kept in agreement.
    A step that was begun and left - by an exception, by `terminate` - is not done, and is done again.

    Attributes:
        begun: steps begun.
        done: steps whose process function has returned.
        epoch_start: `done` when the epoch began.
        pass_start: `done` when the pass over the data began.
        left: the step that was begun last and left; -1 if none was.
        epoch_is_open: an epoch has begun and not been completed.
    """

    begun: int = 0
    done: int = 0
    epoch_start: int = 0
    pass_start: int = 0
    left: int = -1
    epoch_is_open: bool = False

    @property
    def in_step(self) -> bool:
        """A step has begun and is not done."""
        return self.begun > self.done

    @property
    def epoch_steps(self) -> int:
        """Steps of the open epoch that are done."""
        return self.done - self.epoch_start

    @property
    def pass_batches(self) -> int:
        """Batches of the pass whose steps are done."""
        return self.done - self.pass_start

    def place(self, *, epoch_steps: int | None, pass_batches: int) -> None:
        """Goes to another place, between two steps; None if no epoch is open there."""
        self.begun = self.done
        self.epoch_start = self.done - (epoch_steps or 0)
        self.pass_start = self.done - pass_batches
        self.epoch_is_open = epoch_steps is not None

    def open_epoch(self) -> None:
        """An epoch begins."""
        self.epoch_start = self.done
        self.epoch_is_open = True


class BatchSource:
    """Gives the batches of `data`, pass after pass.

    Args:
        data: what gives batches; None gives `None` forever.
        position: where another source over this data was, as `state_dict` told.

    Attributes:
        passes: passes completed.
        opened_at: batches of the pass before the place where it begins here.
    """

    def __init__(self, data: Iterable[Any] | None, position: dict[str, Any] | None = None) -> None:
        self.data = data
        start = position or {"passes": 0, "batches": 0}
        self._go_to(find_place(data, start) if find_place else start)

    @property
    def indexed(self) -> DataLoader[Any] | None:
        """The data if it is a loader that reads by index, and no sampler of its own knows positions."""
        data = cast("Any", self.data)
        by_index = is_loader(data) and not isinstance(data.dataset, IterableDataset)
        return cast("DataLoader[Any]", data) if by_index and sampler_of(cast("object", data)) is None else None

    def batches(self) -> Iterator[Any]:
        """The current pass, opened at the position if it is not under way."""
        if self._pass is None:
            self._pass = self._open()
        return self._pass

    def restart(self) -> None:
        """The next pass begins."""
        self.passes += 1
        self.opened_at = self._samples = 0
        self._order_state = self._pass = None

    def give_back(self, batch: Any) -> None:
        """The pass under way gives this batch next, once more."""
        self._pass = chain((batch,), self.batches())

    def has_more(self) -> bool:
        """Whether the pass under way has another batch; if so, it is the next one."""
        for batch in self.batches():
            self.give_back(batch)
            return True
        self._pass = iter(())  # data may begin anew where it is asked again
        return False

    def leave(self, batches_done: int, *, failed: bool = False) -> int:
        """The run is over: a pass that can be opened again at its place is closed, which frees its workers.

        Args:
            batches_done: batches of the pass whose steps are done.
            failed: an exception may have come from the pass itself, so only what cannot be opened again is kept.

        Returns:
            Batches done of the pass that comes next: none if this one is complete.
        """
        if self._pass is None or isinstance(self.data, Iterator):
            return batches_done
        position = self.state_dict(batches_done)
        by_index = sampler_of(self.data) is not None or self.indexed is not None
        if failed or by_index or position["batches"] == 0:
            self._go_to(position)
            return position["batches"]
        return batches_done

    def remaining(self) -> int | None:
        """Batches from the position of a pass not opened yet to its end, where a sampler can tell."""
        sampler = copy.copy(sampler_of(self.data))
        if sampler is None:
            return None
        sampler.skip(self._samples)
        return len(sampler)

    def state_dict(self, batches_done: int) -> dict[str, Any]:
        """The position after so many batches of the pass: numbers, and the random state its order was drawn with."""
        if batches_done == length_of(self.data) and not self.has_more():
            return {"passes": self.passes + 1, "batches": 0}
        position: dict[str, Any] = {"passes": self.passes, "batches": batches_done}
        sampler = copy.copy(sampler_of(self.data))
        if sampler is not None and batches_done:
            sampler.skip(self._samples)
            position["samples"] = sampler.samples_after(batches_done - self.opened_at)
        if batches_done and self._order_state is not None:
            position["order"] = self._order_state
        return position

    def _view(self, loader: DataLoader[Any]) -> DataLoader[Any]:
        """The loader that is iterated over in place of `loader`, with the same order."""
        return loader

    def _go_to(self, position: dict[str, Any]) -> None:
        self.passes: int = position["passes"]
        self._pass: Iterator[Any] | None = None
        self.opened_at: int = position["batches"]  # batches and samples before the pass's start
        self._samples: int = position.get("samples", 0)
        self._order_state: dict[str, Any] | None = position.get("order")

    def _open(self) -> Iterator[Any]:
        data, skip = self._undisturbed(), self.opened_at
        if data is None:
            return repeat(None)
        sampler = sampler_of(data)
        if sampler is not None:
            sampler.set_epoch(self.passes)
            sampler.skip(self._samples)
            return iter(data)
        if self.indexed is not None:
            loader = cast("DataLoader[Any]", data)
            self._order_state = self._order_state if skip else order_state(loader)
            return open_loader(self._view(loader), skip, self._order_state)
        if skip and isinstance(data, (Sequence, Tensor)):
            return map(cast("Sequence[Any]", data).__getitem__, range(skip, len(data)))
        stream: Any = getattr(data, "dataset", None)
        if isinstance(stream, datasets.stream_class or ()):
            stream.set_epoch(self.passes)
        batches = iter(data)
        next(islice(batches, skip, skip), None)  # reads what is to be skipped
        return batches

    def _undisturbed(self) -> Iterable[Any] | None:
        """The data, or a view of it: another engine may be amid it, as a trainer is whose loader is evaluated on."""
        data, sampler = self.data, sampler_of(self.data)
        if not is_loader(data):
            return data
        loader = cast("DataLoader[Any]", data)
        is_taken = (user := _users.get(id(loader), self)) is not self and user._pass is not None
        if loader.persistent_workers and not is_taken:  # which serve one pass at a time
            _users[id(loader)] = self
            return loader
        if sampler is not None:
            return view_of(loader, batch_sampler=copy.copy(sampler))
        return view_of(loader) if is_taken else loader


_users: weakref.WeakValueDictionary[int, BatchSource] = weakref.WeakValueDictionary()
"""Who uses the workers that a loader keeps, by the identity of the loader, which lives as long as its user."""


def length_of(data: Iterable[Any] | None) -> int | None:
    """Batches of one pass, or None where the data does not know (a generator, an iterable dataset)."""
    try:
        return len(cast("Sequence[Any]", data))
    except (TypeError, NotImplementedError):
        return None


def is_loader(data: object) -> bool:
    """Whether it is a loader of torch that was made as one; a subclass may only pass on what another gives."""
    return isinstance(data, DataLoader) and hasattr(cast("object", data), "dataset")


def sampler_of(data: object) -> PositionedSampler | None:
    """The data's own sampler, if it knows positions."""
    sampler = getattr(data, "batch_sampler", None)
    return sampler if isinstance(sampler, PositionedSampler) else None


def may_be_empty(data: object) -> bool:
    """Whether the data is this process's share of something: others may have batches where it has none."""
    return sampler_of(data) is not None or getattr(getattr(data, "dataset", None), "complete", False) is True
