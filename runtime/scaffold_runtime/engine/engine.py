"""The engine: a loop over data that fires events.

Three decisions hold it together. What is not listened to costs one comparison (see `event_source`). The
position is data - epoch, step, place in the data - so a run that was terminated, interrupted, killed or
saved goes on at the very next batch, by one mechanism. And an exception leaves the loop once, after the
handlers of `EXCEPTION_RAISED` have seen it. The loop itself is in `run_loop`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from ..distributed import context
from ..distributed.collective_watchdog import explain, leave_word
from .batch_source import BatchSource
from .bounds import asks_for_no_more, check_arguments, check_epoch_length, check_progress, read_state
from .event_source import EventSource, check_step
from .events import Events, State
from .run_loop import RunLoop

BatchT = TypeVar("BatchT")
OutputT = TypeVar("OutputT")

running: list[Engine[Any, Any]] = []
"""Engines that run now, the innermost last: a validation runs within a training."""

POSITION = ("epoch", "iteration", "epoch_length", "max_epochs", "max_iters")
"""Attributes of the state that are saved, with the place in the data."""


class Engine(EventSource, Generic[BatchT, OutputT]):
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
        self._loop = RunLoop(self, process_function)
        self.state_dict_user_keys: list[str] = []
        self._is_bounded = False  # the caller has said how long the run is
        self._is_suppressed = False

    def terminate(self, skip_completed: bool = False) -> None:
        """Ends the run after the handlers of this event; `run` called again goes on at the next step.

        Args:
            skip_completed: do not fire `COMPLETED`.
        """
        # As a handler it is called with the engine, which asks for nothing.
        self.should_terminate = "skip_completed" if skip_completed is True else True
        self.attention = True

    def terminate_epoch(self, skip_epoch_completed: bool = False) -> None:
        """Ends the epoch after the handlers of this event; the next one starts with a new pass over the data.

        Args:
            skip_epoch_completed: do not fire `EPOCH_COMPLETED`.
        """
        self.should_terminate_single_epoch = "skip_epoch_completed" if skip_epoch_completed is True else True
        self.attention = True

    def interrupt(self) -> None:
        """Returns from `run` after the current step; `run` called again goes on as if nothing had happened."""
        self.should_interrupt = True
        self.attention = True

    def suppress_exception(self) -> None:
        """Called by a handler of `EXCEPTION_RAISED`: the run ends here, and `run` returns."""
        self._is_suppressed = True

    def set_data(self, data: Iterable[BatchT]) -> None:
        """Takes the following batches from `data`, from its start; the length of epochs stays as it is."""
        self.state.dataloader = data
        self._loop.replace_data(data, self._new_source)
        self.attention = True

    @property
    def epoch_iteration(self) -> int:
        """The current step's number in its epoch, counted from 1."""
        return self._loop.progress.begun - self._loop.progress.epoch_start

    @property
    def is_repeating(self) -> bool:
        """The current step was begun before, and left by an error or by `terminate` after its start was told."""
        return self._loop.progress.begun == self._loop.progress.left

    @property
    def completed_iterations(self) -> int:
        """Iterations whose steps are done: what a state that is taken now goes on after."""
        return self.state.iteration - self._loop.progress.in_step

    @property
    def holds_gradients(self) -> bool:
        """Gradients wait in memory for more batches, which no state has: a run saved now would lose them.

        The process function says so, as `TrainingStep` does inside of an accumulation window; one without an
        attribute of this name holds none.
        """
        return bool(getattr(self._process_function, "holds_gradients", False))

    def state_dict(self) -> dict[str, Any]:
        """The position and the user's keys; of ours, only numbers, strings and tensors."""
        other = "max_iters" if self.state.max_iters is None else "max_epochs"  # that the run's length is not told in
        counts: dict[str, Any] = {key: getattr(self.state, key) for key in POSITION if key != other}
        position = counts | {"iteration": self.completed_iterations} | self._loop.state_dict()
        return position | {key: getattr(self.state, key) for key in self.state_dict_user_keys}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes to a saved position; the next `run` continues there.

        Args:
            state_dict: what `state_dict` told, or `epoch_length` with one of `epoch` and `iteration`, the
                number of them completed.

        Raises:
            ValueError: keys are missing, or a number cannot be.
        """
        saved = read_state(state_dict, self.state_dict_user_keys)
        for key in (*POSITION, *self.state_dict_user_keys):
            setattr(self.state, key, saved.get(key))
        self._loop.load_state_dict(saved)
        self._is_bounded = True

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
        if self in running:
            raise RuntimeError("This engine is running; `run` can be called again when it has returned.")
        goes_on = self._prepare(data, max_epochs, max_iters, epoch_length)
        if not running:
            leave_word("")
        running.append(self)
        try:
            for batches, steps in self._loop.stretches(goes_on=goes_on):
                self._loop.run_steps(self, batches, steps)
        except BaseException as error:
            self._loop.leave_data(failed=True)
            self._report(error)
            if not self._is_suppressed:
                if context.model.world_size > 1:
                    explain(error, context.model.rank, f"iteration {self.state.iteration} of epoch {self.state.epoch}")
                raise
        finally:
            self._is_suppressed = False
            running.remove(self)
        if not running:
            leave_word(f"had ended its run after iteration {self.state.iteration} of epoch {self.state.epoch}")
        return self.state

    def _prepare(
        self, data: Iterable[BatchT] | None, max_epochs: int | None, max_iters: int | None, epoch_length: int | None
    ) -> bool:
        """Decides between a new run and the rest of an old one, and holds the arguments against it.

        Returns:
            Whether the run was interrupted, and goes on.
        """
        state = self.state
        check_arguments(data, max_epochs, max_iters, epoch_length)
        if self._starts_over(max_epochs, max_iters):
            state.epoch = state.iteration = 0
            state.max_epochs = state.max_iters = state.epoch_length = None
            self._loop.start_over()
        check_progress(state, max_epochs, max_iters)
        check_epoch_length(state, epoch_length)
        if max_epochs is not None or max_iters is not None:
            state.max_epochs, state.max_iters, self._is_bounded = max_epochs, max_iters, True
        elif state.max_epochs is None and state.max_iters is None:
            state.max_epochs, self._is_bounded = 1, False
        self.should_terminate = self.should_terminate_single_epoch = self.should_interrupt = False
        self.repeats_handler = False
        return self._loop.open(data, epoch_length, self._new_source)

    def _starts_over(self, max_epochs: int | None, max_iters: int | None) -> bool:
        state, loop = self.state, self._loop
        if loop.loaded is None and state.max_epochs is None and state.max_iters is None:
            return True
        if loop.is_interrupted or loop.loaded is not None:
            return False
        if max_epochs is None and max_iters is None:
            return loop.is_done() or not self._is_bounded
        return loop.is_done() and asks_for_no_more(state, max_epochs, max_iters)

    def _report(self, error: BaseException) -> None:
        """Shows the error to each handler of `EXCEPTION_RAISED`; one that raises it again hides it from no other."""
        listeners = self.listeners(Events.EXCEPTION_RAISED)
        listeners.occurrences += 1
        self.last_event_name = Events.EXCEPTION_RAISED
        for listener in listeners.due(self, listeners.occurrences):
            try:
                listener(self, error)
            except BaseException as raised:
                if raised is not error:
                    raise

    def _new_source(self, data: Iterable[BatchT] | None, position: dict[str, Any] | None = None) -> BatchSource:
        return BatchSource(data, position)
