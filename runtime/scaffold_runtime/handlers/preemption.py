"""Leaves in order when the scheduler wants the machine back: everything saved, and an exit code that says so."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from types import FrameType
from typing import Any

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events, Priority
from .saving.state_dicts import is_sound

EXIT_CODE = os.EX_TEMPFAIL if hasattr(os, "EX_TEMPFAIL") else 75
"""75: "try again later", as sysexits.h has it. A scheduler that sees it starts the same command again."""

ECHO_SECONDS = 1.0
"""A signal within so many seconds of the same one is its echo: sent to a whole group, and passed on by a launcher."""

Save = Callable[[Engine[Any, Any]], Any]
Previous = Callable[[int, FrameType | None], Any] | int | None


class Preemption:
    """Saves the run and ends the program when a signal comes; a second signal ends it at once.

    SIGTERM is what schedulers and cloud machines send before they kill, SIGUSR1 what SLURM sends some time
    before (`#SBATCH --signal=USR1@120`), and torchrun passes SIGTERM on to its workers. It is enough that one
    rank gets it. The same signal within a second counts as one: some reach a process from its sender and, passed on,
    from its launcher too.

    Runs on:   `ITERATION_COMPLETED` of the trainer, after all other handlers; one process alone only once a signal
               has come.
    Changes:   signal handlers, while the trainer runs; ends the program.
    Saves:     the run, by calling `checkpoint`; nothing of its own.
    Processes: all agree, save at the same iteration - at most 2 x `check_every` after the signal - and leave. A run
               that is not in the main thread, as torch_xla starts them on TPUs, hears no signals, and says so.

    Args:
        checkpoint: called with the trainer to save the run: a `Checkpoint` of `run_state(...)`.
        signals: those that mean to leave.
        exit_code: what the program ends with; 75 says "start me again".
        check_every: iterations between two questions among processes; one process needs none.

    Example:
        >>> import os, signal
        >>> trainer = Engine(lambda engine, batch: os.kill(os.getpid(), signal.SIGUSR1) if batch == 3 else None)
        >>> Preemption(lambda engine: print("saved at", engine.state.iteration)).attach(trainer)
        >>> try:
        ...     _ = trainer.run([1, 2, 3, 4])
        ... except SystemExit as left:
        ...     print(left.code, left)
        saved at 3
        75 Signal SIGUSR1 came
    """

    def __init__(
        self,
        checkpoint: Save,
        *,
        signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGUSR1),
        exit_code: int = EXIT_CODE,
        check_every: int | None = None,
    ) -> None:
        self._checkpoint = checkpoint
        self._signals = tuple(signals)
        self._exit_code = exit_code
        self._together = LeaveTogether(check_every)
        self._received: signal.Signals | None = None
        self._received_at = 0.0
        self._previous: dict[signal.Signals, Previous] = {}
        self._engine: Engine[Any, Any] | None = None  # while it runs

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Listens to signals while `engine` runs."""
        engine.add_event_handler(Events.STARTED, self._listen)
        # Here too, because a signal that comes while somebody adds a handler may find its own one overwritten.
        engine.add_event_handler(Events.EPOCH_STARTED, self._ask_after_iterations)
        for event in (Events.COMPLETED, Events.TERMINATE, Events.INTERRUPT, Events.EXCEPTION_RAISED):
            engine.add_event_handler(event, self._stop_listening)

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Leaves if a signal has come to any rank.

        Raises:
            Departure: it has, and the run is saved.
        """
        if self._together(engine, self._received is not None):
            received = self._received
            reason = f"Signal {received.name} came" if received else "A signal came to another process"
            depart(engine, self._checkpoint, reason=reason, exit_code=self._exit_code)

    def _listen(self, engine: Engine[Any, Any]) -> None:
        if threading.current_thread() is not threading.main_thread():  # as on a TPU
            logging.getLogger(__name__).warning(
                "Python gives signals to the main thread, and this run is in another one: %s will not save it.",
                " and ".join(kind.name for kind in self._signals),
            )
            return
        self._engine = engine
        for kind in self._signals:
            self._previous.setdefault(kind, signal.signal(kind, self._receive))

    def _receive(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._received is None:
            self._received, self._received_at = signal.Signals(number), now
            if self._engine is not None:
                self._ask_after_iterations(self._engine)
        elif number != self._received or now - self._received_at > ECHO_SECONDS:
            os._exit(128 + number)  # as if the signal had killed it: no handler, no wait, nothing saved

    def _ask_after_iterations(self, engine: Engine[Any, Any]) -> None:
        """From now on, if a signal has come here or may come to another process."""
        asks = self._received is not None or idist.get_world_size() > 1
        if asks and not engine.has_event_handler(self, Events.ITERATION_COMPLETED):
            engine.add_event_handler(Events.ITERATION_COMPLETED, self, priority=Priority.AGREE)

    def _stop_listening(self) -> None:
        for kind, previous in self._previous.items():
            signal.signal(kind, signal.SIG_DFL if previous is None else previous)
        self._previous = {}
        self._engine = None


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

    @cached_property
    def _is_alone(self) -> bool:
        return idist.get_world_size() == 1  # asked once: nobody joins a run that has begun

    def __call__(self, engine: Engine[Any, Any], wanted: bool) -> bool:
        """Called at each iteration on every rank."""
        if self._is_alone:
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
