"""The engine: a loop over data that fires events.

Three decisions hold it together. What is not listened to costs one comparison (see `listeners`). The
position is data - epoch, step, place in the data - so a run that was terminated, interrupted, killed or
saved goes on at the very next batch, by one mechanism. And an exception leaves the loop once, after the
handlers of `EXCEPTION_RAISED` have seen it.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from .bounds import check_arguments, check_epoch_length, check_progress, check_unfinished
from .event_source import EventSource
from .events import NEVER, Events
from .feed import Feed, length_of
from .listeners import check_step
from .position import Progress, may_be_empty
from .saved_state import read_state
from .state import State

BatchT = TypeVar("BatchT")
OutputT = TypeVar("OutputT")


class Engine(EventSource, Generic[BatchT, OutputT]):
    """Calls `process_function(engine, batch)` for each batch, epoch after epoch, and fires events around it.

    Args:
        process_function: does one step and returns its output, which handlers find in `engine.state.output`.

    Attributes:
        state: where the run is, its latest batch, output and metrics.
        logger: says at level INFO when runs and epochs end.
        state_dict_user_keys: attributes of the state that are saved and restored with the position.
        resuming: an epoch that was begun earlier goes on; true while its `EPOCH_STARTED` handlers run.

    Example:
        >>> engine = Engine(lambda engine, batch: batch * 2)
        >>> @engine.on(Events.ITERATION_COMPLETED(every=2))
        ... def show(engine):
        ...     print(engine.state.iteration, engine.state.output)
        >>> _ = engine.run([1, 2, 3, 4])
        2 4
        4 8
    """

    def __init__(self, process_function: Callable[[Engine[BatchT, OutputT], BatchT], OutputT]) -> None:
        check_step(process_function)
        super().__init__()
        self._process_function = process_function
        self.logger = logging.getLogger(f"{__name__}.{type(self).__name__}")
        self.should_terminate: bool | str = False
        self.should_terminate_single_epoch: bool | str = False
        self.should_interrupt = False
        self.resuming = False
        self.state_dict_user_keys: list[str] = []
        self._progress = Progress()
        self._feed = self._feed_of(None)
        self._loaded: dict[str, Any] | None = None  # a position in the data, for the next run
        self._epoch_is_walk = True  # the epoch's length is that of the data
        self._bounded = False  # the caller has said how long the run is
        self._running = False
        self._interrupted = False
        self._suppressed = False
        self._fetching = False
        self._data_is_over = False

    # ------------------------------------------------------------- departures

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

    def suppress_exception(self) -> None:
        """Called by a handler of `EXCEPTION_RAISED`: the run ends here, and `run` returns."""
        self._suppressed = True

    def set_data(self, data: Iterable[BatchT]) -> None:
        """Takes the following batches from `data`, from its start; the length of epochs stays as it is."""
        self.state.dataloader = data
        self._feed = self._feed_of(data, {"walks": self._feed.walks, "batches": 0})
        self._progress.walk_start = self._progress.begun  # the step under way has its batch
        self._epoch_is_walk = False
        self._attention = True

    # --------------------------------------------------------------- position

    @property
    def epoch_iteration(self) -> int:
        """The current step's number in its epoch, counted from 1."""
        return self._progress.begun - self._progress.epoch_start

    def state_dict(self) -> dict[str, Any]:
        """The position and the user's keys; of ours, only numbers, strings and tensors."""
        state, progress = self.state, self._progress
        position: dict[str, Any] = {
            "epoch": state.epoch,
            "iteration": state.iteration - progress.in_step,
            "epoch_length": state.epoch_length,
            "max_epochs": state.max_epochs,
            "max_iters": state.max_iters,
            "epoch_steps": progress.epoch_steps if progress.epoch_is_open else None,
            "epoch_is_walk": self._epoch_is_walk,
            "data": self._feed.state_dict(progress.walk_batches) if self._loaded is None else self._loaded,
        }
        return position | {key: getattr(state, key) for key in self.state_dict_user_keys}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes to a saved position; the next `run` continues there.

        Args:
            state_dict: what `state_dict` told, or `epoch_length` with one of `epoch` and `iteration`, the
                number of them completed.

        Raises:
            ValueError: keys are missing, or a number cannot be.
        """
        saved = read_state(state_dict, self.state_dict_user_keys)
        state = self.state
        state.epoch, state.iteration, state.epoch_length = saved.epoch, saved.iteration, saved.epoch_length
        state.max_epochs, state.max_iters = state_dict.get("max_epochs"), state_dict.get("max_iters")
        for key in self.state_dict_user_keys:
            setattr(state, key, state_dict[key])
        self._epoch_is_walk = saved.epoch_is_walk
        self._progress.place(
            epoch_steps=saved.epoch_steps or 0,
            walk_batches=saved.data["batches"],
            epoch_is_open=saved.epoch_steps is not None,
        )
        self._loaded, self._interrupted, self._bounded = saved.data, False, True

    # -------------------------------------------------------------------- run

    def run(
        self,
        data: Iterable[BatchT] | None = None,
        max_epochs: int | None = None,
        max_iters: int | None = None,
        epoch_length: int | None = None,
    ) -> State:
        """Runs to the end of `max_epochs` epochs or `max_iters` iterations, from where the engine is.

        A run that was left by `terminate`, `interrupt` or an exception goes on at the next step. One that is
        complete goes on if more is asked for. A run whose length nobody gave - one epoch then, as
        evaluators are called - always starts over, unless it was interrupted.

        Args:
            data: batches; None runs `epoch_length` steps an epoch with `batch=None`.
            max_epochs: epochs in all; one if neither it nor `max_iters` is given.
            max_iters: iterations in all.
            epoch_length: steps of an epoch; `len(data)` if not given, or where the data first ends.

        Returns:
            The state, which the engine keeps as `engine.state`.

        Raises:
            RuntimeError: the engine is running.
            ValueError: an argument contradicts another, the data or the position.
        """
        if self._running:
            raise RuntimeError("This engine is running; `run` can be called again when it has returned.")
        goes_on = self._interrupted
        self._prepare(data, max_epochs, max_iters, epoch_length)
        self._running = True
        try:
            for batches, steps in self._stretches(goes_on):
                self._run_steps(batches, steps)
        except BaseException as error:
            self._leave_data(failed=True)
            self._report(error)
            if not self._suppressed:
                raise
        finally:
            self._running = self._suppressed = False
        return self.state

    def _run_steps(self, batches: Iterator[BatchT], steps: int | None) -> None:
        """The loop. What is not needed at every step happens elsewhere."""
        state, progress, process = self.state, self._progress, self._process_function
        started = self._listeners[Events.ITERATION_STARTED]
        completed = self._listeners[Events.ITERATION_COMPLETED]
        done = progress.done
        given: Any = None
        try:
            for given in islice(batches, steps):
                progress.begun = done = done + 1
                state.iteration = iteration = state.iteration + 1
                state.batch = batch = given
                state.output = None
                if iteration >= started.next_count:
                    started.fire(self, iteration)
                    if self._attention and self._drops_step():
                        self._feed.give_back(given)
                        return
                    batch = state.batch
                state.output = process(self, batch)
                progress.done = done
                if iteration >= completed.next_count:
                    completed.fire(self, iteration)
                    if state.iteration != iteration:  # a handler has moved the count: filters look again
                        return
                if self._attention:
                    return
        except BaseException:
            if progress.in_step:
                self._feed.give_back(given)
            raise

    # ------------------------------------------------- before, between, after

    def _prepare(
        self, data: Iterable[BatchT] | None, max_epochs: int | None, max_iters: int | None, epoch_length: int | None
    ) -> None:
        """Decides between a new run and the rest of an old one, and holds the arguments against it."""
        state, progress = self.state, self._progress
        check_arguments(data, max_epochs, max_iters, epoch_length)
        if self._starts_over(max_epochs, max_iters):
            self._start_over()
        check_progress(state, max_epochs, max_iters)
        check_epoch_length(state, epoch_length)
        if max_epochs is not None or max_iters is not None:
            state.max_epochs, state.max_iters, self._bounded = max_epochs, max_iters, True
        elif state.max_epochs is None and state.max_iters is None:
            state.max_epochs, self._bounded = 1, False
        state.iteration -= progress.in_step  # it is begun once more
        progress.begun = progress.done
        self._take_data(data, epoch_length)
        self.should_terminate = self.should_terminate_single_epoch = self.should_interrupt = False
        self._fetching = self._fetching and self._interrupted
        self._interrupted = self._data_is_over = False

    def _starts_over(self, max_epochs: int | None, max_iters: int | None) -> bool:
        if self._interrupted or self._loaded is not None:
            return False
        state, asked = self.state, max_epochs is not None or max_iters is not None
        if state.max_epochs is None and state.max_iters is None:
            return True
        if not asked:
            return self._is_done() or not self._bounded
        if not self._is_done():
            return False
        check_unfinished(state, max_epochs, max_iters)
        return max_epochs == state.epoch if max_epochs is not None else max_iters == state.iteration

    def _start_over(self) -> None:
        state = self.state
        state.epoch = state.iteration = 0
        state.max_epochs = state.max_iters = state.epoch_length = None
        self._progress = Progress()
        self._feed = self._feed_of(None)
        self._epoch_is_walk = True

    def _take_data(self, data: Iterable[BatchT] | None, epoch_length: int | None) -> None:
        """Opens the data at the position, and says how long epochs are."""
        state, progress, feed = self.state, self._progress, self._feed
        data = feed.data if data is None and epoch_length is None else data
        position = self._loaded
        if position is None and data is not feed.data:
            position = feed.state_dict(progress.walk_batches)
        length = length_of(data)
        if epoch_length is not None or state.epoch_length is None:
            self._epoch_is_walk = epoch_length is None or epoch_length == length
            state.epoch_length = epoch_length or length
        if data is None and state.epoch_length is None:
            raise ValueError("Without data, `epoch_length` says how many steps an epoch has; it was not given.")
        if position is not None:
            self._feed = self._feed_of(data, position)
            progress.walk_start = progress.done - position["batches"]
            if self._epoch_is_walk and length is not None:
                self._fit_epoch(length)
        state.dataloader = data
        self._loaded = None

    def _fit_epoch(self, length: int) -> None:
        """The data may have another length than when the position was saved, with other processes or batches."""
        state, progress = self.state, self._progress
        before, state.epoch_length = state.epoch_length, length
        remaining = self._feed.remaining()
        if not progress.epoch_is_open or before == length == (remaining or length):
            return
        if progress.epoch_steps == before:
            progress.epoch_start = progress.done - length
        elif remaining is not None and progress.walk_batches:
            progress.epoch_start = progress.done - (length - remaining)
        elif progress.epoch_steps and before != length:
            raise ValueError(
                f"The run is {progress.epoch_steps} steps into an epoch of {before}, but this data has {length} "
                "batches, so it is not the data of that epoch. Give the same data; only a loader of "
                "`idist.auto_dataloader` can be continued with another batch size or number of processes."
            )

    def _stretches(self, goes_on: bool) -> Iterator[tuple[Iterator[BatchT], int | None]]:
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

    def _epoch(self, goes_on: bool) -> Iterator[tuple[Iterator[BatchT], int | None]]:
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

    def _epoch_stretches(self) -> Iterator[tuple[Iterator[BatchT], int | None]]:
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

    def _announced(self, batches: Iterator[BatchT]) -> Iterator[BatchT]:
        """The batches, with the two events around each fetch if anybody listens to them."""
        events = (Events.GET_BATCH_STARTED, Events.GET_BATCH_COMPLETED)
        if self._feed.data is None or all(self._listeners[event].next_count == NEVER for event in events):
            return batches
        return self._announce(batches)

    def _announce(self, batches: Iterator[BatchT]) -> Iterator[BatchT]:
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

    def _report(self, error: BaseException) -> None:
        """Shows the error to each handler of `EXCEPTION_RAISED`; one that raises it again hides it from no other."""
        listeners = self._listeners[Events.EXCEPTION_RAISED]
        listeners.occurrences += 1
        self.last_event_name = Events.EXCEPTION_RAISED
        for listener in listeners.due(self, listeners.occurrences):
            try:
                listener(self, error)
            except BaseException as raised:
                if raised is not error:
                    raise

    def _feed_of(self, data: Iterable[BatchT] | None, position: dict[str, Any] | None = None) -> Feed:
        return Feed(data, position)
