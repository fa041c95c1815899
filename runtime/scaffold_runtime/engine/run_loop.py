"""The loop of a run: the steps, what happens between them and in which order, and what can end it.

The run is a row of stretches of steps; a generator gives them to the loop and fires the events between
them. A stretch ends with the epoch, with the data, or where the loop has to look up: somebody asked to
leave, or added a handler. So the loop itself does only what every step needs.
"""

import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias, cast

from .batch_source import BatchSource, Progress, length_of, may_be_empty
from .event_source import EventSource
from .events import NEVER, Events

Stretch: TypeAlias = tuple[Iterator[Any], int | None]
"""Batches, and how many of them; None: until they end."""

NewSource: TypeAlias = Callable[[Iterable[Any] | None, "dict[str, Any] | None"], BatchSource]
"""Opens data at a position."""


class RunLoop:
    """Owns where a run is and its data; makes the steps, and fires the events of an engine around them.

    Args:
        engine: whose events are fired, and whose state and wishes (`should_terminate`) are read.
        process_function: does a step.

    Attributes:
        progress: the steps, and what follows from them.
        is_interrupted: the run was left by `interrupt`, and goes on as if nothing had happened.
        loaded: a position in the data, for the next run.
    """

    def __init__(self, engine: EventSource, process_function: Callable[[Any, Any], Any]) -> None:
        # Weak: an engine that is dropped goes at once, with its data, and does not wait for the garbage collector.
        self._engine: EventSource = weakref.proxy(engine)
        self._process_function = process_function
        self.loaded: dict[str, Any] | None = None
        self.start_over()
        self._is_fetching = False
        self._data_is_over = False

    def stretches(self, *, goes_on: bool) -> Iterator[Stretch]:
        """The run as stretches of steps, from where it is; between them, all events but those of a step are fired.

        Args:
            goes_on: the run was interrupted, so that its `STARTED` has been.
        """
        engine, state = self._engine, self._engine.state
        began = time.perf_counter() - ((state.times["COMPLETED"] or 0.0) if goes_on else 0.0)
        if not goes_on:
            state.times.update(EPOCH_COMPLETED=0.0, COMPLETED=0.0)
            engine.rewind()
            engine.fire_event(Events.STARTED)
        while not (self._is_leaving() or self._data_is_over or self.is_done()):
            yield from self._epoch(goes_on)
            goes_on = False
        state.times["COMPLETED"] = time.perf_counter() - began
        if engine.should_interrupt and not engine.should_terminate:
            self.is_interrupted = True
            engine.fire_event(Events.INTERRUPT)
            engine.should_interrupt = False
            return
        self.leave_data()
        if engine.should_terminate:
            engine.fire_event(Events.TERMINATE)
        if engine.should_terminate != "skip_completed":
            engine.fire_event(Events.COMPLETED)
            state.times["COMPLETED"] = time.perf_counter() - began
        engine.logger.info("Run finished at epoch %d, iteration %d.", state.epoch, state.iteration)

    def run_steps(self, engine: EventSource, batches: Iterator[Any], steps: int | None) -> None:
        """The loop. What is not needed at every step happens elsewhere."""
        state, progress, process = engine.state, self.progress, self._process_function
        started = engine.listeners(Events.ITERATION_STARTED)
        completed = engine.listeners(Events.ITERATION_COMPLETED)
        done = progress.done
        given: Any = None
        try:
            for given in islice(batches, steps):
                progress.begun = done = done + 1
                state.iteration = iteration = state.iteration + 1
                state.batch = batch = given
                state.output = None
                if iteration >= started.next_count:
                    started.fire(engine, iteration)
                    if engine.attention and self._drops_step():
                        self._source.give_back(given)
                        return
                    batch = state.batch
                state.output = process(engine, batch)
                progress.done = done
                if iteration >= completed.next_count:
                    completed.fire(engine, iteration)
                    if state.iteration != iteration:  # a handler has moved the count: filters look again
                        return
                if engine.attention:
                    return
        except BaseException:
            if progress.in_step:
                self._source.give_back(given)
            raise

    def start_over(self) -> None:
        """Forgets the position and the data."""
        self.progress, self.is_interrupted = Progress(), False
        self._source = BatchSource(None)
        self._epoch_is_pass = True  # nobody said how long an epoch is; what data says of its length is a guess

    def open(self, data: Iterable[Any] | None, epoch_length: int | None, new_source: NewSource) -> bool:
        """Opens the data at the position, says how long epochs are, and whether the run was interrupted."""
        state, progress, source = self._engine.state, self.progress, self._source
        if progress.in_step:  # it is begun once more
            progress.left, progress.begun = progress.begun, progress.done
            state.iteration -= 1
        data = source.data if data is None and epoch_length is None else data
        position = self.loaded
        if position is None and (data is None or data is not source.data):
            position = source.state_dict(progress.pass_batches)
        length = length_of(data)
        if epoch_length is not None or state.epoch_length is None:
            self._epoch_is_pass = epoch_length is None
            state.epoch_length = epoch_length or length
        if data is None and state.epoch_length is None:
            raise ValueError("Without data, `epoch_length` says how many steps an epoch has; it was not given.")
        if position is not None:
            self._source = new_source(data, position)
            progress.pass_start = progress.done - self._source.opened_at
            if self._epoch_is_pass and length is not None:
                self._fit_epoch(length)
        state.dataloader = data
        self.loaded = None
        goes_on, self.is_interrupted, self._data_is_over = self.is_interrupted, False, False
        self._is_fetching = self._is_fetching and goes_on
        return goes_on

    def replace_data(self, data: Iterable[Any], new_source: NewSource) -> None:
        """The following batches come from `data`, from its start; the length of epochs stays as it is."""
        self._source = new_source(data, {"passes": self._source.passes, "batches": 0})
        self.progress.pass_start = self.progress.begun  # the step under way has its batch
        self._epoch_is_pass = False

    def leave_data(self, *, failed: bool = False) -> None:
        """Lets the data go where it can be opened again at this place; see `BatchSource.leave`."""
        progress = self.progress
        progress.pass_start = progress.done - self._source.leave(progress.pass_batches, failed=failed)

    def is_done(self) -> bool:
        """All that was asked for has been run."""
        state, progress = self._engine.state, self.progress
        if progress.epoch_is_open and progress.epoch_steps == state.epoch_length:
            return False  # the epoch has yet to be completed
        if state.max_iters is not None:
            return state.iteration >= state.max_iters
        return not progress.epoch_is_open and state.epoch >= (state.max_epochs or 0)

    def state_dict(self) -> dict[str, Any]:
        """The place in the epoch and in the data."""
        progress, engine = self.progress, self._engine
        repeated = engine.listeners(Events.EPOCH_COMPLETED).running if engine.repeats_handler else None
        return {
            "epoch_steps": progress.epoch_steps if progress.epoch_is_open or repeated else None,
            "repeated_handler": repeated,
            "epoch_is_pass": self._epoch_is_pass,
            "in_step": progress.in_step,
            "data": self._source.state_dict(progress.pass_batches) if self.loaded is None else self.loaded,
        }

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Goes to such a place, between two steps; the next run opens its data there."""
        self.progress.place(epoch_steps=saved["epoch_steps"], pass_batches=saved["data"]["batches"])
        self.progress.left = self.progress.done + 1 if saved.get("in_step") else -1
        self._epoch_is_pass = saved["epoch_is_pass"]
        self._engine.listeners(Events.EPOCH_COMPLETED).goes_on_at = saved.get("repeated_handler")
        self.loaded, self.is_interrupted = saved["data"], False

    def _epoch(self, goes_on: bool) -> Iterator[Stretch]:
        engine, state, progress = self._engine, self._engine.state, self.progress
        began = time.perf_counter()
        engine.resuming = progress.epoch_is_open
        if not engine.resuming:
            state.epoch += 1
            progress.open_epoch()
            if self._epoch_is_pass and (length := length_of(self._source.data)) is not None:
                state.epoch_length = length  # samplers may make another number of batches each time
        if not (goes_on and engine.resuming):
            engine.fire_event(Events.EPOCH_STARTED)
        engine.resuming = False
        yield from self._epoch_stretches()
        if self._is_leaving() or (self._data_is_over and progress.epoch_steps == 0):
            return
        cut = engine.should_terminate_single_epoch
        if cut:
            progress.done = progress.begun  # a step that was left is dropped with the epoch
            engine.fire_event(Events.TERMINATE_SINGLE_EPOCH, iter_counter=progress.epoch_steps)
            self._next_pass()
        progress.epoch_is_open = self._is_fetching = False
        state.times["EPOCH_COMPLETED"] = time.perf_counter() - began
        if cut != "skip_epoch_completed":
            engine.fire_event(Events.EPOCH_COMPLETED)
            state.times["EPOCH_COMPLETED"] = time.perf_counter() - began
        engine.should_terminate_single_epoch = False
        engine.logger.info("Epoch %d complete in %.3f s.", state.epoch, state.times["EPOCH_COMPLETED"])

    def _epoch_stretches(self) -> Iterator[Stretch]:
        """The rest of the epoch: a stretch ends with the epoch, with the data, or where the loop must look up."""
        engine, state, progress = self._engine, self._engine.state, self.progress
        is_fresh = False  # the pass over the data has just begun
        while not (self._is_leaving() or self._data_is_over or engine.should_terminate_single_epoch):
            steps = self._steps_left()
            if steps == 0 and self._is_longer():
                continue
            if steps == 0:
                if state.epoch_length is None or progress.epoch_steps < state.epoch_length:
                    engine.should_terminate = engine.should_terminate or True  # `max_iters` cuts the epoch short
                return
            if state.dataloader is not self._source.data and progress.pass_batches == 0:
                cast("Any", engine).set_data(state.dataloader)  # a handler has put other data there
            before, engine.attention = progress.done, False
            engine.rewind()
            yield self._announced(self._source.batches()), steps
            if progress.done > before:
                is_fresh = False
            elif engine.attention:
                continue
            elif state.epoch_length is None or (self._epoch_is_pass and progress.epoch_steps):
                self._learn_length()
                return
            elif is_fresh:
                self._end_early()
                return
            else:
                engine.fire_event(Events.DATALOADER_STOP_ITERATION)
                self._next_pass()
                is_fresh = True

    def _is_longer(self) -> bool:
        """The epoch has as many steps as the data said that it has, and the pass goes on: its end is unknown again."""
        steps, state = self.progress.epoch_steps, self._engine.state
        if not (self._epoch_is_pass and steps >= (state.epoch_length or NEVER) and self.progress.pass_batches):
            return False
        is_longer = self._source.has_more()
        state.epoch_length = None if is_longer else steps
        return is_longer

    def _is_leaving(self) -> bool:
        return bool(self._engine.should_terminate) or self._engine.should_interrupt

    def _drops_step(self) -> bool:
        """A step that has begun is not done, as `terminate` asks; `interrupt` waits for its end."""
        return bool(self._engine.should_terminate or self._engine.should_terminate_single_epoch)

    def _steps_left(self) -> int | None:
        """Steps to the end of the epoch, or to `max_iters` if that comes first; None if nobody knows."""
        state = self._engine.state
        ends = [] if state.epoch_length is None else [state.epoch_length - self.progress.epoch_steps]
        if state.max_iters is not None:
            ends.append(state.max_iters - state.iteration)
        return max(0, min(ends)) if ends else None

    def _next_pass(self) -> None:
        self._source.restart()
        self.progress.pass_start = self.progress.done

    def _announced(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The batches, with the two events around each fetch if anybody listens to them."""
        events = (Events.GET_BATCH_STARTED, Events.GET_BATCH_COMPLETED)
        if self._source.data is None or all(self._engine.listeners(event).next_count == NEVER for event in events):
            return batches
        return self._announce(batches)

    def _announce(self, batches: Iterator[Any]) -> Iterator[Any]:
        engine = self._engine
        while True:
            if not self._is_fetching:  # a pass that ended in the middle of a fetch begins anew in the same fetch
                engine.fire_event(Events.GET_BATCH_STARTED)
                if self._drops_step():
                    return
            self._is_fetching = True
            try:
                batch = next(batches)
            except StopIteration:
                return
            engine.state.batch = batch
            engine.fire_event(Events.GET_BATCH_COMPLETED)
            self._is_fetching = False
            if self._drops_step():
                self._source.give_back(batch)
                return
            yield engine.state.batch

    def _fit_epoch(self, length: int) -> None:
        """The data may have another length than when the position was saved, with other processes or batches."""
        state, progress = self._engine.state, self.progress
        before, state.epoch_length = state.epoch_length, length
        remaining = self._source.remaining()
        if not progress.epoch_is_open or before == length == (remaining or length):
            return
        if progress.epoch_steps == before:
            progress.epoch_start = progress.done - length
        elif remaining is not None and progress.pass_batches:
            progress.epoch_start = progress.done - (length - remaining)
        elif progress.epoch_steps and before != length:
            raise ValueError(
                f"The run is {progress.epoch_steps} steps into an epoch of {before}, but this data has {length} "
                "batches, so it is not the data of that epoch. Give the same data; only a loader of "
                "`idist.auto_dataloader` can be continued with another batch size or number of processes."
            )

    def _learn_length(self) -> None:
        """The data has ended: that is how long the epoch is."""
        if self.progress.epoch_steps == 0 and not may_be_empty(self._source.data):
            raise ValueError("The data is empty: it gave no batch, and an engine needs at least one.")
        self._engine.state.epoch_length, self._epoch_is_pass = self.progress.epoch_steps, True

    def _end_early(self) -> None:
        state = self._engine.state
        if self.progress.done == 0:
            raise ValueError("The data is empty: it gave no batch, and an engine needs at least one.")
        asked = f"{state.max_iters} iterations" if state.max_epochs is None else f"{state.max_epochs} epochs"
        warnings.warn(
            f"The data ended for good at iteration {state.iteration}, in epoch {state.epoch}, and {asked} were asked "
            "for; the run ends here. Give data that can be iterated over again, or ask for less.",
            stacklevel=6,
        )
        self._data_is_over = True
