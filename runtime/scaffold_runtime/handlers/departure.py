"""Leaving in the middle of a run so that it can go on later: everything saved, and an exit code that says so."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from .. import distributed as idist
from ..engine.engine import Engine
from .saving.stateful import is_sound

EXIT_CODE = os.EX_TEMPFAIL if hasattr(os, "EX_TEMPFAIL") else 75
"""75: "try again later", as sysexits.h has it. A scheduler that sees it starts the same command again."""

Save = Callable[[Engine[Any, Any]], Any]


class Departure(SystemExit):
    """Ends the program on all ranks; the run is saved and goes on with the same command."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(exit_code)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class LeaveTogether:
    """Says on all ranks at the same iteration that one of them wants to leave; one process need not ask.

    Between two optimizer steps that share several batches it says nothing yet: their gradients would be lost.

    Args:
        every: iterations between two questions; 10 if not given.
    """

    def __init__(self, every: int | None) -> None:
        if every is not None and every < 1:
            raise ValueError(f"`check_every` should be at least 1, got {every}.")
        self._agreement = idist.Agreement(every or 10)
        self._agreed = False

    def __call__(self, engine: Engine[Any, Any], wanted: bool) -> bool:
        """Called at each iteration on every rank."""
        if idist.get_world_size() == 1:
            self._agreed = wanted
        else:
            self._agreed = self._agreed or self._agreement.reached(engine.state.iteration, wanted)
        return self._agreed and not engine.holds_gradients


def depart(engine: Engine[Any, Any], save: Save, *, reason: str, exit_code: int) -> None:
    """Saves on every rank, waits for the disk, and leaves.

    A run whose numbers have broken is not saved: it ends for good.

    Raises:
        Departure: handlers of `EXCEPTION_RAISED` see it, and it ends the program.
    """
    if not is_sound(engine):
        engine.terminate()
        return
    save(engine)
    wait = getattr(save, "wait", None)
    if wait is not None:
        wait()
    idist.barrier()  # who leaves first is a failure to launchers, and they kill the others: nobody may still write
    logging.getLogger(__name__).warning(
        "%s: the run is saved at iteration %d, and can go on from there.", reason, engine.state.iteration
    )
    raise Departure(reason, exit_code)
