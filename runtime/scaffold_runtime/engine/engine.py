"""The engine: a loop over data that fires events.

Three decisions hold it together. What is not listened to costs one comparison (see `listeners`). The
position is data - epochs, iterations, place in the data - so a run that was terminated, interrupted,
killed or saved goes on at the very next batch, by one mechanism. And an exception leaves the loop
once, after the handlers of `EXCEPTION_RAISED` have seen it.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from .event_source import EventSource
from .events import NEVER, Events, State
from .feed import Feed, length_of
from .listeners import wants_engine

BatchT = TypeVar("BatchT")
OutputT = TypeVar("OutputT")


class Engine(EventSource, Generic[BatchT, OutputT]):
    """Calls `process_function(engine, batch)` for each batch, epoch after epoch, and fires events around it.

    Args:
        process_function: does one step and returns its output, which handlers find in `engine.state.output`.

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
        wants_engine(process_function, (None,), {})
        super().__init__()
        self._process_function = process_function
        self.logger = logging.getLogger(f"{__name__}.{type(self).__name__}")
        self.should_terminate: bool | str = False
        self.should_terminate_single_epoch: bool | str = False
        self.should_interrupt = False
        self.resuming = False
        self.state_dict_user_keys: list[str] = []
        self._feed = Feed(None)
        self._running = False
        self._interrupted = False
        self._suppressed = False
        self._epoch_is_pass = True
        self._epoch_open = False
        self._fetching = False
        self._chunk: tuple[int, int, int] = (
            0,
            0,
            0,
        )  # (iteration, batches of the epoch, of the pass) at its start
        self._unfinished = 0  # 1 while the iteration that `state` counts last has not completed
        self._loaded_position: dict[str, Any] | None = None

    # ------------------------------------------------------------- departures

    def terminate(self, skip_completed: bool = False) -> None:
        """Ends the run after the current step; `run` called again goes on at the next batch.

        Args:
            skip_completed: do not fire `COMPLETED`.
        """
        self.should_terminate = "skip_completed" if skip_completed else True
        self._attention = True

    def terminate_epoch(self, skip_epoch_completed: bool = False) -> None:
        """Ends the epoch after the current step; the next one starts with a new walk over the data."""
        self.should_terminate_single_epoch = "skip_epoch_completed" if skip_epoch_completed else True
        self._attention = True

    def interrupt(self) -> None:
        """Returns from `run` after the current step; `run` called again goes on as if nothing had happened."""
        self.should_interrupt = True
        self._attention = True

    def suppress_exception(self) -> None:
        """Called by a handler of `EXCEPTION_RAISED`: the run ends here, and `run` returns."""
        self._suppressed = True

    def set_data(self, data: Iterable[BatchT]) -> None:
        """Takes the following batches from `data`, from its start."""
        self.state.dataloader = data
        self._settle()
        passes = self._feed.passes
        self._feed = Feed(data)
        self._feed.passes = passes
        self._attention = True

    # --------------------------------------------------------------- position

    def state_dict(self) -> dict[str, Any]:
        """The position and the user's keys: numbers and tensors only."""
        iteration, epoch_batches, pass_batches = self._position()
        self._feed.batches, batches = pass_batches, self._feed.batches
        feed = self._feed.state_dict()
        self._feed.batches = batches
        state = {
            "epoch_length": self.state.epoch_length,
            "max_epochs": self.state.max_epochs,
            "max_iters": self.state.max_iters,
            "epoch": self.state.epoch,
            "iteration": iteration,
            "epoch_open": self._epoch_open,
            "epoch_batches": epoch_batches,
            "data": feed,
        }
        return state | {key: getattr(self.state, key) for key in self.state_dict_user_keys}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes to a saved position; the next `run` continues there.

        Raises:
            ValueError: keys are missing.
        """
        wanted = {"epoch_length", "epoch", "iteration", *self.state_dict_user_keys}
        missing = sorted(wanted - set(state_dict))
        if missing:
            raise ValueError(
                f"The engine's state should have {', '.join(missing)}; it has {', '.join(sorted(state_dict))}."
            )
        for key in ("epoch_length", "epoch", "iteration", *self.state_dict_user_keys):
            setattr(self.state, key, state_dict[key])
        self.state.max_epochs = state_dict.get("max_epochs")
        self.state.max_iters = state_dict.get("max_iters")
        self._epoch_open = state_dict.get("epoch_open", False)
        self._chunk = (self.state.iteration, state_dict.get("epoch_batches", 0), 0)
        self._unfinished = 0
        self._loaded_position = state_dict.get("data", {"passes": self.state.epoch, "batches": 0})

    @property
    def epoch_iteration(self) -> int:
        """Steps of this epoch that have begun, counted from 1."""
        start, epoch_batches, _ = self._chunk
        return epoch_batches + self.state.iteration - start

    def _position(self) -> tuple[int, int, int]:
        """Iterations completed: of the run, of the epoch, of the walk over the data."""
        start, epoch_batches, pass_batches = self._chunk
        done = self.state.iteration - self._unfinished - start
        return start + done, epoch_batches + done, pass_batches + done

    def _settle(self) -> None:
        """Makes the current position the start of a new chunk."""
        iteration, epoch_batches, pass_batches = self._position()
        self._feed.batches = pass_batches
        self._chunk = (iteration, epoch_batches, pass_batches)

    # -------------------------------------------------------------------- run

    def run(
        self,
        data: Iterable[BatchT] | None = None,
        max_epochs: int | None = None,
        max_iters: int | None = None,
        epoch_length: int | None = None,
    ) -> State:
        """Runs to the end of `max_epochs` epochs or `max_iters` iterations, from where the engine is.

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
        went_on = self._interrupted
        self._prepare(data, max_epochs, max_iters, epoch_length)
        self._running = True
        try:
            self._run_epochs(went_on)
        except BaseException as error:
            self._fire(Events.EXCEPTION_RAISED, error)
            if not self._suppressed:
                raise
        finally:
            self._running = False
            self._suppressed = False
        return self.state

    def _prepare(
        self,
        data: Iterable[BatchT] | None,
        max_epochs: int | None,
        max_iters: int | None,
        epoch_length: int | None,
    ) -> None:
        """Decides between a new run and the rest of an old one, and checks the arguments against it."""
        state = self.state
        if max_epochs is not None and max_iters is not None:
            raise ValueError("Give `max_epochs` or `max_iters`, not both: they say the same thing in two units.")
        if self._loaded_position is None and self._is_done() and self._may_start_over(max_epochs, max_iters):
            self._start_over()
        self._take_bounds(max_epochs, max_iters)
        if self._unfinished:  # a step was begun and left: it is done again, from a new walk at its batch
            self._loaded_position = self._loaded_position or self._feed.state_dict()
            state.iteration -= self._unfinished
            self._unfinished = 0
        self._take_data(data, epoch_length)
        if state.max_iters is not None and state.epoch_length is not None:
            state.max_epochs = math.ceil(state.max_iters / state.epoch_length)
        self.should_terminate = self.should_terminate_single_epoch = self.should_interrupt = False
        self._interrupted = False
        for event, listeners in self._listeners.items():
            listeners.rewind(getattr(state, self._counted_by[event], 0) if event in self._counted_by else 0)

    def _may_start_over(self, max_epochs: int | None, max_iters: int | None) -> bool:
        """A finished engine starts over if the call asks for no more than one pass, as evaluators are called."""
        reached = self.state.epoch
        if reached == 0 or max_epochs == max_iters is None or max_epochs == reached == 1:
            return True
        if (max_epochs or 0) > reached or (max_iters or 0) > self.state.iteration:
            return False
        asked = f"max_epochs={max_epochs}" if max_epochs is not None else f"max_iters={max_iters}"
        raise ValueError(
            f"This engine has completed {reached} epochs ({self.state.iteration} iterations), and `{asked}` asks "
            "for no more. Ask for more to go on, or call `run` without it to start over."
        )

    def _start_over(self) -> None:
        state = self.state
        state.epoch = state.iteration = 0
        state.max_epochs = state.max_iters = state.epoch_length = None
        self._chunk, self._epoch_open, self._unfinished = (0, 0, 0), False, 0
        self._feed = Feed(None)

    def _take_bounds(self, max_epochs: int | None, max_iters: int | None) -> None:
        state = self.state
        for name, value, reached in (
            ("max_epochs", max_epochs, state.epoch),
            ("max_iters", max_iters, state.iteration),
        ):
            if value is None:
                continue
            if value < 1 or value < reached:
                raise ValueError(
                    f"`{name}` should be at least {max(1, reached)}, which the run has reached; got {value}."
                )
            setattr(state, name, value)
        if state.max_epochs is None and state.max_iters is None:
            state.max_epochs = 1

    def _take_data(self, data: Iterable[BatchT] | None, epoch_length: int | None) -> None:
        state = self.state
        new_data = data if data is not None or epoch_length is not None else self._feed.data
        position = self._loaded_position
        if new_data is not self._feed.data or position is not None:
            if position is None and self._epoch_open:
                position = self._feed.state_dict()
            self._feed = Feed(new_data)
            if position is not None:
                self._feed.load_state_dict(position)
                self._chunk = (*self._chunk[:2], self._feed.batches)
        state.dataloader = new_data
        length = length_of(new_data)
        if epoch_length is not None:
            if epoch_length < 1:
                raise ValueError(f"`epoch_length` should be at least 1, got {epoch_length}.")
            state.epoch_length, self._epoch_is_pass = epoch_length, epoch_length == length
        elif length is not None and (state.epoch_length is None or self._epoch_is_pass):
            state.epoch_length, self._epoch_is_pass = length, True
        if position is not None and self._epoch_open and self._epoch_is_pass and self._feed.sampler is not None:
            # Another number of processes has other batches: what is left of the samples says what is left to do.
            self._chunk = (
                self._chunk[0],
                (state.epoch_length or 0) - self._feed.remaining_of(self._feed.sampler),
                self._chunk[2],
            )
        self._loaded_position = None
        if new_data is None and state.epoch_length is None:
            raise ValueError("Without data, `epoch_length` says how many steps an epoch has; it was not given.")
        if length == 0:
            raise ValueError("The data is empty: `len(data)` is 0, and an engine needs at least one batch.")

    def _is_done(self) -> bool:
        state = self.state
        if state.max_iters is not None:
            return state.iteration >= state.max_iters
        return not self._epoch_open and state.epoch >= (state.max_epochs or 0)

    def _run_epochs(self, went_on: bool) -> None:
        started = time.perf_counter()
        if not went_on:
            self._fire(Events.STARTED)
        while not self._is_leaving() and not self._is_done():
            self._run_epoch(went_on)
            went_on = False
        if self.should_interrupt:
            self._interrupted = True
            self._fire(Events.INTERRUPT)
            return
        if self.should_terminate:
            self._fire(Events.TERMINATE)
        self.state.times["COMPLETED"] = time.perf_counter() - started
        if self.should_terminate != "skip_completed":
            self._fire(Events.COMPLETED)

    def _is_leaving(self) -> bool:
        return bool(self.should_terminate) or self.should_interrupt

    def _run_epoch(self, went_on: bool) -> None:
        started = time.perf_counter()
        state = self.state
        self.resuming = self._epoch_open
        if not self._epoch_open:
            state.epoch += 1
            self._chunk = (state.iteration, 0, self._feed.batches)
            self._epoch_open = True
        if not went_on:
            self._fire(Events.EPOCH_STARTED)
        self.resuming = False
        self._run_batches()
        if self._is_leaving():
            return
        if self.should_terminate_single_epoch:
            self._fire(Events.TERMINATE_SINGLE_EPOCH)
            self._feed.restart()
        skipped = self.should_terminate_single_epoch == "skip_epoch_completed"
        self.should_terminate_single_epoch = False
        self._epoch_open = False
        state.times["EPOCH_COMPLETED"] = time.perf_counter() - started
        if not skipped:
            self._fire(Events.EPOCH_COMPLETED)

    def _run_batches(self) -> None:
        """The rest of the epoch, in chunks: each ends with the epoch, the data, or a call for attention."""
        fresh = False  # whether the walk over the data has just begun
        while not self._is_leaving() and not self.should_terminate_single_epoch:
            remaining = self._remaining()
            if remaining == 0:
                self.should_terminate = self.should_terminate or self._epoch_is_cut_short()
                return
            self._attention = False
            before = self.state.iteration
            self._run_chunk(self._announced(self._feed.iterator()), remaining)
            self._settle()
            given = self.state.iteration - before
            if self._attention or given == remaining:
                fresh = fresh and given == 0
            elif self.state.epoch_length is None:
                self._learn_length()
                return
            elif fresh and given == 0:
                self._end_early()
                return
            else:
                self._fire(Events.DATALOADER_STOP_ITERATION)
                self._fetching = True
                self._feed.restart()
                self._chunk = (*self._chunk[:2], 0)
                fresh = True

    def _run_chunk(self, batches: Iterator[BatchT], length: int | None) -> None:
        """The loop. What is not needed at every iteration happens elsewhere."""
        state = self.state
        process = self._process_function
        started = self._listeners[Events.ITERATION_STARTED]
        completed = self._listeners[Events.ITERATION_COMPLETED]
        begun = finished = state.iteration
        try:
            for batch in islice(batches, length):
                state.iteration = begun = state.iteration + 1
                state.batch = batch
                if begun >= started.next_count:
                    self._unfinished = 1
                    started.fire(self, begun)
                    if self._is_leaving() or self.should_terminate_single_epoch:
                        break
                state.output = process(self, batch)
                finished = begun
                if begun >= completed.next_count:
                    self._unfinished = 0
                    completed.fire(self, begun)
                if self._attention:
                    break
        finally:
            self._unfinished = int(begun != finished)

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
            self._fetching = False
            if self._is_leaving():
                return
            try:
                batch = next(batches)
            except StopIteration:
                return
            self.state.batch = batch
            self._fire(Events.GET_BATCH_COMPLETED)
            yield batch

    def _remaining(self) -> int | None:
        """Steps to the end of the epoch, or to `max_iters` if that comes first; None if nobody knows."""
        state = self.state
        ends = [] if state.epoch_length is None else [state.epoch_length - self._chunk[1]]
        if state.max_iters is not None:
            ends.append(state.max_iters - state.iteration)
        return max(0, min(ends)) if ends else None

    def _epoch_is_cut_short(self) -> bool:
        """Whether `max_iters` came before the end of the epoch."""
        length = self.state.epoch_length
        return length is None or self._chunk[1] < length

    def _learn_length(self) -> None:
        """The data has ended for the first time: that is how long an epoch is."""
        length = self._chunk[1]
        if length == 0:
            raise ValueError("The data is empty: it gave no batch, and an engine needs at least one.")
        self.state.epoch_length, self._epoch_is_pass = length, True
        if self.state.max_iters is not None:
            self.state.max_epochs = math.ceil(self.state.max_iters / length)

    def _end_early(self) -> None:
        state = self.state
        if state.iteration == 0:
            raise ValueError("The data is empty: it gave no batch, and an engine needs at least one.")
        warnings.warn(
            f"The data ended for good at iteration {state.iteration}, in epoch {state.epoch} of {state.max_epochs}; "
            "the run ends here. Give data that can be walked over again, or a smaller `epoch_length`.",
            stacklevel=5,
        )
        self.should_terminate = True
