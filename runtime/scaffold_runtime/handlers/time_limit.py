"""Ends a run in time."""

import logging
import time
from typing import Any

from ..distributed.signals import EXIT_CODE, Departure
from ..engine.engine import Engine
from .preemption import LeaveTogether, Save, depart


class TimeLimit:
    """Ends the run when its time is over: by `terminate`, or, with a checkpoint, saved and ready to go on.

    The time starts when this object is made, so that loading the data counts too.

    Runs on:   `ITERATION_COMPLETED` of the trainer.
    Changes:   calls `engine.terminate()`; with `checkpoint` it saves the run and ends the program with exit code 75.
    Saves:     nothing of its own: a resumed run has its time anew.
    Processes: all stop at the same iteration, when the first of them has no time left.

    Args:
        limit_sec: seconds.
        checkpoint: called with the trainer to save the run: a `Checkpoint` of `run_state(...)`.
        exit_code: what the program ends with if there is a checkpoint.
        check_every: iterations between two questions among processes; one process needs none.

    Raises:
        ValueError: there is no time at all.

    Example:
        >>> from ..engine.events import Events
        >>> trainer = Engine(lambda engine, batch: time.sleep(0.02))
        >>> _ = trainer.add_event_handler(Events.ITERATION_COMPLETED, TimeLimit(limit_sec=0.1))
        >>> 1 < trainer.run(range(100)).iteration < 20
        True
    """

    def __init__(
        self,
        limit_sec: float = 28800,
        checkpoint: Save | None = None,
        *,
        exit_code: int = EXIT_CODE,
        check_every: int | None = None,
    ) -> None:
        if limit_sec <= 0:
            raise ValueError(f"`limit_sec` should be a positive number of seconds, got {limit_sec}.")
        self.limit_sec = limit_sec
        self.start_time = time.monotonic()
        self._checkpoint = checkpoint
        self._exit_code = exit_code
        self._together = LeaveTogether(check_every)

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Ends the run if its time is over.

        Raises:
            Departure: it is, and the run is saved.
        """
        if not self._together(engine, time.monotonic() - self.start_time > self.limit_sec):
            return
        reason = f"The time limit of {self.limit_sec:g} seconds is reached"
        if self._checkpoint is not None:
            depart(engine, self._checkpoint, Departure(reason, self._exit_code))
        logging.getLogger(__name__).warning("%s: training stops.", reason)
        engine.terminate()
