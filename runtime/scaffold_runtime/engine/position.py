"""Where a run is: in its epoch, and in its walk over the data.

The engine counts steps, begun and done, and marks the step at which the epoch and the walk began; both
places follow by subtraction, so the loop writes two numbers and nothing has to be kept in agreement.
A step that was begun and left - by an exception, by `terminate` - is not done, and is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class PositionedSampler(Protocol):
    """A batch sampler that knows where it is, as `idist.auto_dataloader` gives one to its loaders."""

    def set_epoch(self, epoch: int) -> None:
        """Chooses the permutation of walk `epoch`, counted from 0."""
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


def sampler_of(data: object) -> PositionedSampler | None:
    """The data's own sampler, if it knows positions."""
    sampler = getattr(data, "batch_sampler", None)
    return sampler if isinstance(sampler, PositionedSampler) else None


def may_be_empty(data: object) -> bool:
    """Whether the data is this process's share of something: others may have batches where it has none."""
    return sampler_of(data) is not None or getattr(getattr(data, "dataset", None), "complete", False) is True


@dataclass
class Progress:
    """Steps of a run, and the marks that turn them into places.

    Attributes:
        begun: steps begun.
        done: steps whose process function has returned.
        epoch_start: `done` when the epoch began.
        walk_start: `done` when the walk over the data began.
        epoch_is_open: an epoch has begun and not been completed.
    """

    begun: int = 0
    done: int = 0
    epoch_start: int = 0
    walk_start: int = 0
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
    def walk_batches(self) -> int:
        """Batches of the walk whose steps are done."""
        return self.done - self.walk_start

    def place(self, *, epoch_steps: int, walk_batches: int, epoch_is_open: bool) -> None:
        """Goes to another place, between two steps."""
        self.begun = self.done
        self.epoch_start = self.done - epoch_steps
        self.walk_start = self.done - walk_batches
        self.epoch_is_open = epoch_is_open

    def open_epoch(self) -> None:
        """An epoch begins."""
        self.epoch_start = self.done
        self.epoch_is_open = True
