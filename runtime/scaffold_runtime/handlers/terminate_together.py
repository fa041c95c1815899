"""Lets one process end a run for all of them."""

from typing import Any

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events, Priority


class TerminateTogether:
    """Makes `trainer.terminate()`, called on any rank, end the run on all ranks at the same iteration.

    Without it a rank that terminates alone leaves, and the others wait for it in their next collective. The
    question whether anybody wants to leave goes out in the background every `check_every` iterations and is
    answered when the next one goes out; at the start and the end of an epoch the answer comes at once.

    Runs on:   `ITERATION_STARTED`, `ITERATION_COMPLETED`, `EPOCH_STARTED` and `EPOCH_COMPLETED` of the trainer, after
               all other handlers; not for `terminate` at `GET_BATCH_*`, which drops the batch at once.
    Changes:   postpones `engine.terminate()` until all ranks know of it: at most 2 x `check_every` iterations.
    Saves:     nothing.
    Processes: all of them attach it. One process alone needs no agreement, and nothing is attached.

    Args:
        check_every: iterations between two questions.

    Raises:
        ValueError: `check_every` is below 1.

    Example:
        >>> trainer = Engine(lambda engine, batch: engine.terminate() if batch == 2 else None)
        >>> TerminateTogether().attach(trainer)
        >>> trainer.run([1, 2, 3]).iteration
        2
    """

    def __init__(self, check_every: int = 10) -> None:
        if check_every < 1:
            raise ValueError(f"`check_every` should be at least 1, got {check_every}.")
        self._check_every = check_every
        self._begin()

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Agrees on the ends of the runs of `engine`, where there are several processes."""
        if idist.get_world_size() == 1:
            return
        engine.add_event_handler(Events.STARTED, self._begin, priority=Priority.PROCESSES)
        engine.add_event_handler(Events.ITERATION_STARTED, self._postpone, priority=Priority.AGREE)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._ask_now_and_then, priority=Priority.AGREE)
        engine.add_event_handler(Events.EPOCH_STARTED | Events.EPOCH_COMPLETED, self._ask, priority=Priority.AGREE)
        engine.add_event_handler(Events.COMPLETED, lambda: self._agreement.settle(), priority=Priority.AGREE)

    def _begin(self) -> None:
        self._wish: bool | str = False
        self._agreement = idist.Agreement(self._check_every)

    def _postpone(self, engine: Engine[Any, Any]) -> None:
        self._wish = self._wish or engine.should_terminate
        engine.should_terminate = False

    def _ask_now_and_then(self, engine: Engine[Any, Any]) -> None:
        self._postpone(engine)
        if self._agreement.reached(engine.state.iteration, bool(self._wish)):
            self._leave(engine)

    def _ask(self, engine: Engine[Any, Any]) -> None:
        self._postpone(engine)
        self._agreement.settle()
        if idist.any_rank(bool(self._wish)):
            self._leave(engine)

    def _leave(self, engine: Engine[Any, Any]) -> None:
        engine.terminate(skip_completed=idist.any_rank(self._wish == "skip_completed"))
