"""Signals that mean to leave: SIGTERM and SIGUSR1 of schedulers, SIGINT of Ctrl-C; the first is told to one listener.

What it means depends on the moment: a program that does not train leaves at once (`launch`), a trainer finishes its
step and saves (`Preemption`). Whoever began to listen last is told. The same signal within a second is the echo of the
first: sent to a whole group of processes, and passed on by a launcher. Another one ends the program at once.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from multiprocessing import get_start_method, resource_tracker
from types import FrameType
from typing import Any

EXIT_CODE = os.EX_TEMPFAIL if hasattr(os, "EX_TEMPFAIL") else 75
"""75: "try again later", as sysexits.h has it. A scheduler that sees it starts the same command again."""

ECHO_SECONDS = 1.0
SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1", "SIGINT") if hasattr(signal, name))

Listener = Callable[[signal.Signals, FrameType | None], Any]

_listener: Listener | None = None
_first: tuple[int, float] | None = None  # since somebody began to listen, and when
_owner = 0  # the process that listens


class Departure(SystemExit):
    """Ends the program on all ranks; the run is saved and goes on with the same command."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.code = exit_code
        atexit.register(_ignore)  # else an echo ends the program when Python has taken off its handlers


def departure(kind: signal.Signals | None, exit_code: int = EXIT_CODE) -> Departure:
    """What to leave with when this signal has come; after Ctrl-C with 130, for nobody is to start the program again."""
    reason = f"Signal {kind.name} came" if kind else "A signal came to another process"
    return Departure(reason, 128 + kind if kind == signal.SIGINT else exit_code)


def listen(kinds: Sequence[signal.Signals], listener: Listener) -> Callable[[], None]:
    """Tells the first of these signals from now on; returns what ends it. Only the main thread may ask for it."""
    global _listener, _first, _owner
    outer, unheeded = _listener, _first
    _listener, _first, _owner = listener, None, os.getpid()
    before = {kind: signal.signal(kind, _hear) for kind in kinds}
    if outer is _leave and unheeded is not None:  # a library has caught what `_leave` raised
        _hear(unheeded[0], None)

    def stop() -> None:
        global _listener
        _listener = outer
        for kind, handler in before.items():
            signal.signal(kind, handler or signal.SIG_DFL)

    return stop


def _hear(number: int, frame: FrameType | None) -> None:
    global _first
    now = time.monotonic()
    if os.getpid() != _owner:
        in_fork(number, frame)
    elif _first is None and _listener is not None:
        _first = number, now
        _listener(signal.Signals(number), frame)
    elif _first is None or number != _first[0] or now - _first[1] > ECHO_SECONDS:
        os._exit(128 + number)  # as if the signal had killed it: no handler, no wait, nothing saved


def in_fork(number: int, frame: FrameType | None) -> None:
    """In a forked process, which inherits handlers and has nobody to tell, a signal does what it does without them."""
    if number == signal.SIGINT:
        signal.default_int_handler(number, frame)
    if number != signal.SIGUSR1:  # of which helpers of a run should not end
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def is_free(kind: signal.Signals) -> bool:
    """Whether the program has no handler of its own for this signal."""
    return signal.getsignal(kind) in (signal.SIG_DFL, signal.default_int_handler, _hear)


def hear(does: bool = True) -> None:
    """Lets signals come to this process, those that were held back too, or holds them back; Windows cannot do so."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK if does else signal.SIG_BLOCK, SIGNALS)


@contextmanager
def held_back(start_method: str | None = None) -> Generator[None]:
    """Processes that are started within it, and Python's helper for them, get no signal before they `hear`.

    They inherit what this one holds back meanwhile: until they have imported what they need nobody there could listen.

    Args:
        start_method: of the processes, see `multiprocessing`; the program's own if not given.
    """
    hear(False)
    try:
        if os.name == "posix" and (start_method or get_start_method()) != "fork":
            resource_tracker.ensure_running()  # this helper; Python lets signals through again for it, and for us
            hear(False)
        yield
    finally:
        hear()


@contextmanager
def leaving_at_once() -> Generator[None]:
    """Within it a signal ends the program where it is, unless somebody else listens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = listen(SIGNALS, _leave)
    try:
        yield
    except SystemExit as leaving:
        if leaving.code in (EXIT_CODE, 128 + signal.SIGINT):
            stop = _ignore
        raise
    finally:
        stop()
        atexit.unregister(_ignore)
        atexit.register(_ignore)  # before all others: those take their time, and then Python takes off its handlers


def _ignore() -> None:
    for kind in SIGNALS:
        signal.signal(kind, signal.SIG_IGN)
    if hasattr(signal, "SIGCHLD"):  # torch's handler raises for loaders' workers, which Python now ends
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _leave(kind: signal.Signals, frame: FrameType | None) -> None:
    error = departure(kind)
    if os.environ.get("RANK", "0") == "0":  # written so, because the signal may have come amid a `print`
        os.write(2, f"{error}: the run ends here, and goes on from what was saved before.\n".encode())
    raise error


class SteadyWorker:
    """Makes a loader's worker outlive signals to all processes of a job: it ends with the run that it loads for.

    Args:
        worker_init_fn: of the user, called in the worker.
    """

    def __init__(self, worker_init_fn: Callable[[int], None] | None) -> None:
        self._worker_init_fn = worker_init_fn

    def __call__(self, worker_id: int) -> None:
        """Called in the worker."""
        for kind in SIGNALS:
            signal.signal(kind, lambda number, frame: None)  # not SIG_IGN, which programs started here would inherit
        hear()
        if self._worker_init_fn is not None:
            self._worker_init_fn(worker_id)
