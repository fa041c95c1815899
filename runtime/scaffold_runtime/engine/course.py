"""The course of a run: what happens between the steps, in which order, and what can end it.

The run is a row of stretches of steps; a generator gives them to the engine's loop and fires the events
between them. A stretch ends with the epoch, with the data, or where the loop has to look up: somebody asked to
leave, or added a handler.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from typing import Any

from .event_source import EventSource
from .events import NEVER, Events
from .feed import Feed
from .position import Progress, may_be_empty


class Course(EventSource):
    """A run without its loop: where it is, whether it goes on, and all events but those of a step.

    Attributes:
        logger: says at level INFO when runs and epochs end.
        resuming: an epoch that was begun earlier goes on; true while its `EPOCH_STARTED` handlers run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logger = logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")
        self.should_terminate: bool | str = False
        self.should_terminate_single_epoch: bool | str = False
        self.should_interrupt = False
        self.resuming = False
        self._progress = Progress()
        self._feed = Feed(None)
        self._epoch_is_walk = True  # the epoch's length is that of the data
        self._interrupted = False
        self._fetching = False
        self._data_is_over = False

    def terminate(self, skip_completed: bool = False) -> None:
        """Ends the run after the handlers of this event; `run` called again goes on at the next step.

        Args:
            skip_completed: do not fire `COMPLETED`.
        """
        # As a handler it is called with the engine, which asks for nothing.
        self.should_terminate = "skip_completed" if skip_completed is True else True
        self._attention = True

    def terminate_epoch(self, skip_epoch_completed: bool = False) -> None:
        """Ends the epoch after the handlers of this event; the next one starts with a new walk over the data.

        Args:
            skip_epoch_completed: do not fire `EPOCH_COMPLETED`.
        """
        self.should_terminate_single_epoch = "skip_epoch_completed" if skip_epoch_completed is True else True
        self._attention = True

    def interrupt(self) -> None:
        """Returns from `run` after the current step; `run` called again goes on as if nothing had happened."""
        self.should_interrupt = True
        self._attention = True

    def _stretches(self, goes_on: bool) -> Iterator[tuple[Iterator[Any], int | None]]:
        """The run as stretches of steps; between them, all events but those of a step are fired."""
        state = self.state
        began = time.perf_counter() - ((state.times["COMPLETED"] or 0.0) if goes_on else 0.0)
        if not goes_on:
            state.times.update(EPOCH_COMPLETED=0.0, COMPLETED=0.0)
            self._rewind()
            self._fire(Events.STARTED)
        while not (self._is_leaving() or self._data_is_over or self._is_done()):
            yield from self._epoch(goes_on)
            goes_on = False
        state.times["COMPLETED"] = time.perf_counter() - began
        if self.should_interrupt and not self.should_terminate:
            self._interrupted = True
            self._fire(Events.INTERRUPT)
            return
        self._leave_data()
        if self.should_terminate:
            self._fire(Events.TERMINATE)
        if self.should_terminate != "skip_completed":
            self._fire(Events.COMPLETED)
            state.times["COMPLETED"] = time.perf_counter() - began
        self.logger.info("Run finished at epoch %d, iteration %d.", state.epoch, state.iteration)

    def _epoch(self, goes_on: bool) -> Iterator[tuple[Iterator[Any], int | None]]:
        state, progress = self.state, self._progress
        began = time.perf_counter()
        self.resuming = progress.epoch_is_open
        if not self.resuming:
            state.epoch += 1
            progress.open_epoch()
        if not (goes_on and self.resuming):
            self._fire(Events.EPOCH_STARTED)
        self.resuming = False
        yield from self._epoch_stretches()
        if self._is_leaving() or (self._data_is_over and progress.epoch_steps == 0):
            return
        cut = self.should_terminate_single_epoch
        if cut:
            progress.done = progress.begun  # a step that was left is dropped with the epoch
            self._fire(Events.TERMINATE_SINGLE_EPOCH, iter_counter=progress.epoch_steps)
            self._next_walk()
        progress.epoch_is_open = self._fetching = False
        state.times["EPOCH_COMPLETED"] = time.perf_counter() - began
        if cut != "skip_epoch_completed":
            self._fire(Events.EPOCH_COMPLETED)
            state.times["EPOCH_COMPLETED"] = time.perf_counter() - began
        self.should_terminate_single_epoch = False
        self.logger.info("Epoch %d complete in %.3f s.", state.epoch, state.times["EPOCH_COMPLETED"])

    def _epoch_stretches(self) -> Iterator[tuple[Iterator[Any], int | None]]:
        """The rest of the epoch: a stretch ends with the epoch, with the data, or where the loop must look up."""
        state, progress = self.state, self._progress
        is_fresh = False  # the walk over the data has just begun
        while not (self._is_leaving() or self._data_is_over or self.should_terminate_single_epoch):
            steps = self._steps_left()
            if steps == 0:
                self.should_terminate = self.should_terminate or self._is_cut_short()
                return
            before, self._attention = progress.done, False
            self._rewind()
            yield self._announced(self._feed.batches()), steps
            if progress.done > before:
                is_fresh = False
            elif self._attention:
                continue
            elif state.epoch_length is None:
                self._learn_length()
                return
            elif is_fresh:
                self._end_early()
                return
            else:
                self._fire(Events.DATALOADER_STOP_ITERATION)
                self._next_walk()
                is_fresh = True

    def _is_leaving(self) -> bool:
        return bool(self.should_terminate) or self.should_interrupt

    def _drops_step(self) -> bool:
        """A step that has begun is not done, as `terminate` asks; `interrupt` waits for its end."""
        return bool(self.should_terminate or self.should_terminate_single_epoch)

    def _is_done(self) -> bool:
        state, progress = self.state, self._progress
        if progress.epoch_is_open and progress.epoch_steps == state.epoch_length:
            return False  # the epoch has yet to be completed
        if state.max_iters is not None:
            return state.iteration >= state.max_iters
        return not progress.epoch_is_open and state.epoch >= (state.max_epochs or 0)

    def _steps_left(self) -> int | None:
        """Steps to the end of the epoch, or to `max_iters` if that comes first; None if nobody knows."""
        state = self.state
        ends = [] if state.epoch_length is None else [state.epoch_length - self._progress.epoch_steps]
        if state.max_iters is not None:
            ends.append(state.max_iters - state.iteration)
        return max(0, min(ends)) if ends else None

    def _is_cut_short(self) -> bool:
        """`max_iters` came before the end of the epoch."""
        length = self.state.epoch_length
        return length is None or self._progress.epoch_steps < length

    def _next_walk(self) -> None:
        self._feed.restart()
        self._progress.walk_start = self._progress.done

    def _leave_data(self, *, failed: bool = False) -> None:
        progress = self._progress
        progress.walk_start = progress.done - self._feed.leave(progress.walk_batches, failed=failed)

    def _announced(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The batches, with the two events around each fetch if anybody listens to them."""
        events = (Events.GET_BATCH_STARTED, Events.GET_BATCH_COMPLETED)
        if self._feed.data is None or all(self._listeners[event].next_count == NEVER for event in events):
            return batches
        return self._announce(batches)

    def _announce(self, batches: Iterator[Any]) -> Iterator[Any]:
        while True:
            if not self._fetching:  # a walk that ended in the middle of a fetch begins anew in the same fetch
                self._fire(Events.GET_BATCH_STARTED)
                if self._drops_step():
                    return
            self._fetching = True
            try:
                batch = next(batches)
            except StopIteration:
                return
            self.state.batch = batch
            self._fire(Events.GET_BATCH_COMPLETED)
            self._fetching = False
            if self._drops_step():
                self._feed.give_back(batch)
                return
            yield self.state.batch

    def _rewind(self) -> None:
        """Filters look again at where the run is; steps come at the next count, other events maybe at this one."""
        for event, attribute in self._counted_by.items():
            is_step = event in (Events.ITERATION_STARTED, Events.ITERATION_COMPLETED)
            self._listeners[event].rewind(getattr(self.state, attribute) + is_step)

    def _learn_length(self) -> None:
        """The data has ended for the first time: that is how long an epoch is."""
        if self._progress.epoch_steps == 0 and not may_be_empty(self._feed.data):
            raise ValueError("The data is empty: it gave no batch, and an engine needs at least one.")
        self.state.epoch_length, self._epoch_is_walk = self._progress.epoch_steps, True

    def _end_early(self) -> None:
        state = self.state
        if self._progress.done == 0:
            raise ValueError("The data is empty: it gave no batch, and an engine needs at least one.")
        asked = f"{state.max_iters} iterations" if state.max_epochs is None else f"{state.max_epochs} epochs"
        warnings.warn(
            f"The data ended for good at iteration {state.iteration}, in epoch {state.epoch}, and {asked} were asked "
            "for; the run ends here. Give data that can be walked over again, or ask for less.",
            stacklevel=5,
        )
        self._data_is_over = True
