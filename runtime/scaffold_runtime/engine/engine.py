"""The engine: a loop over data that fires events.

Three decisions hold it together. What is not listened to costs one comparison (see `listeners`). The
position is data - epoch, step, place in the data - so a run that was terminated, interrupted, killed or
saved goes on at the very next batch, by one mechanism. And an exception leaves the loop once, after the
handlers of `EXCEPTION_RAISED` have seen it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from .bounds import check_arguments, check_epoch_length, check_progress, check_unfinished
from .course import Course
from .events import Events
from .feed import Feed, length_of
from .listeners import check_step
from .position import Progress
from .saved_state import read_state
from .state import State

BatchT = TypeVar("BatchT")
OutputT = TypeVar("OutputT")


class Engine(Course, Generic[BatchT, OutputT]):
    """Calls `process_function(engine, batch)` for each batch, epoch after epoch, and fires events around it.

    Args:
        process_function: does one step and returns its output, which handlers find in `engine.state.output`.

    Attributes:
        state: where the run is, its latest batch, output and metrics.
        state_dict_user_keys: attributes of the state that are saved and restored with the position.

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
        self.state_dict_user_keys: list[str] = []
        self._loaded: dict[str, Any] | None = None  # a position in the data, for the next run
        self._bounded = False  # the caller has said how long the run is
        self._running = False
        self._suppressed = False

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

    @property
    def epoch_iteration(self) -> int:
        """The current step's number in its epoch, counted from 1."""
        return self._progress.begun - self._progress.epoch_start

    @property
    def holds_gradients(self) -> bool:
        """Gradients wait in memory for more batches, which no state has: a run saved now would lose them.

        The process function says so, as `TrainingStep` does inside of an accumulation window; one without an
        attribute of this name holds none.
        """
        return bool(getattr(self._process_function, "holds_gradients", False))

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
        self._feed = Feed(None)
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
