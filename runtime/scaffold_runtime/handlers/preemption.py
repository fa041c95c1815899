"""Leaves in order when the scheduler wants the machine back: everything saved, and an exit code that says so."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from .. import distributed as idist
from ..distributed.signals import EXIT_CODE, SIGNALS, Departure, departure, listen
from ..engine.engine import Engine, running
from ..engine.events import Events, Priority
from .saving.restored_states import rank_state, set_rank_state
from .saving.state_dicts import is_sound

SIGCHLD: int = getattr(signal, "SIGCHLD", 0)  # Windows has none
Save = Callable[[Engine[Any, Any]], Any]


class Preemption:
    """Saves the run and ends the program when a signal comes; a second signal ends it at once.

    SIGTERM is what schedulers and cloud machines send before they kill, SIGUSR1 what SLURM sends some time
    before (`#SBATCH --signal=USR1@120`), SIGINT is Ctrl-C; torchrun passes them on to its workers. It is enough that
    one rank gets it. The same signal within a second counts as one: some reach a process from its sender and, passed
    on, from its launcher too.

    A validation at the end of an epoch is not waited for: the run is saved as it was before, and when it goes on
    the validation is done, whole. One amid an epoch, in a handler of `ITERATION_COMPLETED`, is waited for: handlers
    after it may read the step's output, which no checkpoint holds. `run(..., epoch_length=500)` puts it at an end.
    Loaders' workers that end of a signal to all processes of a job do no harm: those of `auto_dataloader` do not, and
    without the others one process still saves what it has.

    Runs on:   `ITERATION_COMPLETED` of the trainer, after all other handlers, and `EPOCH_COMPLETED` of evaluators; one
               process alone only once a signal has come.
    Changes:   signal handlers, while the trainer runs; ends the program.
    Saves:     the run, by calling `checkpoint`; nothing of its own.
    Processes: all agree, save at the same iteration - at most 2 x `check_every` after the signal - and leave. A run
               that is not in the main thread, as torch_xla starts them on TPUs, hears no signals, and says so.

    Args:
        checkpoint: called with the trainer to save the run: a `Checkpoint` of `run_state(...)`.
        signals: those that mean to leave.
        exit_code: what the program ends with; 75 says "start me again". After Ctrl-C it is 130.
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
        signals: Sequence[signal.Signals] = SIGNALS,
        exit_code: int = EXIT_CODE,
        check_every: int | None = None,
    ) -> None:
        self._checkpoint = checkpoint
        self._signals = tuple(signals)
        self._exit_code = exit_code
        self._together = LeaveTogether(check_every)
        self._received: signal.Signals | None = None
        self._stop: Callable[[], None] | None = None
        self._trainer: Engine[Any, Any] | None = None  # while it runs
        self._evaluators: list[Engine[Any, Any]] = []
        self._random: Any = None  # where the handlers of the epoch's end began

    def attach(self, engine: Engine[Any, Any], *evaluators: Engine[Any, Any]) -> None:
        """Listens to signals while `engine` runs.

        Args:
            engine: trains.
            *evaluators: those that run within it; one process finds them by itself when a signal comes.
        """
        engine.add_event_handler(Events.STARTED, self._listen)
        # Here too, because a signal that comes while somebody adds a handler may find its own one overwritten.
        engine.add_event_handler(Events.EPOCH_STARTED, self._ask_after_iterations)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._note_random, priority=Priority.PROCESSES)
        engine.add_event_handler(Events.COMPLETED, self._leave_at_the_end, priority=Priority.AGREE)
        engine.add_event_handler(Events.TERMINATE | Events.INTERRUPT, self._stop_listening)
        engine.add_event_handler(Events.EXCEPTION_RAISED, self._fail)
        for evaluator in evaluators:
            self._attach_evaluator(evaluator)

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Leaves if a signal has come to any rank.

        Raises:
            Departure: it has, and the run is saved.
        """
        if self._together(engine, self._received is not None):
            depart(engine, self._checkpoint, self._departure())

    def _attach_evaluator(self, evaluator: Engine[Any, Any]) -> None:
        self._evaluators.append(evaluator)
        evaluator.add_event_handler(Events.EPOCH_STARTED, self._cut)
        evaluator.add_event_handler(Events.EPOCH_COMPLETED, self._leave_evaluation, priority=Priority.PROCESSES)

    def _listen(self, engine: Engine[Any, Any]) -> None:
        self._trainer = engine
        if threading.current_thread() is threading.main_thread():
            self._stop = self._stop or listen(self._signals, self._receive)
            return
        logging.getLogger(__name__).warning(  # as on a TPU
            "Python gives signals to the main thread, and this run is in another one: %s will not save it.",
            ", ".join(kind.name for kind in self._signals),
        )

    def _receive(self, kind: signal.Signals, frame: FrameType | None) -> None:
        self._received = kind
        assert self._trainer is not None  # who listens trains
        self._ask_after_iterations(self._trainer)
        if SIGCHLD and callable(signal.getsignal(SIGCHLD)):  # torch's would raise amid a step that a worker has ended
            signal.signal(SIGCHLD, lambda number, frame: None)  # not the default: one may be on its way
        if idist.get_world_size() == 1:
            for engine in {*running} - {self._trainer, *self._evaluators}:
                self._attach_evaluator(engine)
        for evaluator in self._evaluators:
            self._cut(evaluator)

    def _ask_after_iterations(self, engine: Engine[Any, Any]) -> None:
        """From now on, if a signal has come here or may come to another process."""
        asks = self._received is not None or idist.get_world_size() > 1
        if asks and not engine.has_event_handler(self, Events.ITERATION_COMPLETED):
            engine.add_event_handler(Events.ITERATION_COMPLETED, self, priority=Priority.AGREE)

    def _note_random(self) -> None:
        self._random = rank_state()

    @property
    def _is_at_the_end_of_an_epoch(self) -> bool:
        """Among its handlers, of which the one that runs may be left: a whole epoch is saved, and it is done again."""
        trainer = self._trainer
        if trainer is None or trainer.last_event_name != Events.EPOCH_COMPLETED:
            return False
        return trainer.epoch_iteration == trainer.state.epoch_length

    def _cut(self, evaluator: Engine[Any, Any]) -> None:
        if self._received is not None and self._is_at_the_end_of_an_epoch:
            evaluator.terminate_epoch()

    def _leave_evaluation(self) -> None:
        """All processes have come to the end of their part, which may have been cut; no metric is computed of it."""
        if self._is_at_the_end_of_an_epoch and idist.any_rank(self._received is not None):
            assert self._trainer is not None
            set_rank_state(self._random)
            self._trainer.repeats_handler = True
            depart(self._trainer, self._checkpoint, self._departure())

    def _leave_at_the_end(self, engine: Engine[Any, Any]) -> None:
        if idist.any_rank(self._received is not None):
            depart(engine, self._checkpoint, self._departure())
        self._stop_listening()

    def _departure(self) -> Departure:
        return departure(self._received, self._exit_code)

    def _fail(self, engine: Engine[Any, Any], error: BaseException) -> None:
        """An error that a signal has caused is none: a loader's worker, or another process, has ended of it too."""
        if not isinstance(error, Departure) or self._received == signal.SIGINT:
            self._stop_listening()  # else it ignores the echo while the program ends
        if self._received is not None and isinstance(error, RuntimeError):
            is_amid_a_step = engine.completed_iterations < engine.state.iteration or engine.holds_gradients
            if idist.get_world_size() == 1 and not is_amid_a_step:
                depart(engine, self._checkpoint, self._departure())
            raise self._departure() from error

    def _stop_listening(self) -> None:
        if self._stop is not None:
            self._stop()
        self._stop = self._trainer = None


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
        self._agreed = self._agreed or self._agreement.reached(engine.state.iteration, wanted)
        return self._agreed and not engine.holds_gradients


def depart(engine: Engine[Any, Any], save: Save, departure: Departure) -> None:
    """Saves on every rank, waits for the disk, and leaves.

    A run whose numbers have broken is not saved: it ends for good.

    Raises:
        Departure: the one given; handlers of `EXCEPTION_RAISED` see it, and it ends the program.
    """
    if not is_sound(engine):
        engine.terminate()
        return
    save(engine)
    getattr(save, "wait", lambda: None)()
    idist.barrier()  # who leaves first is a failure to launchers, and they kill the others: nobody may still write
    if idist.get_rank() == 0:
        text = "%s: the run is saved at iteration %d, and can go on from there."
        logging.getLogger(__name__).warning(text, departure, engine.completed_iterations)
    raise departure
