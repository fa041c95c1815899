"""Signals of a scheduler, which knows the process that it started and not those that this one started."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any

KINDS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1") if hasattr(signal, name))


class Forwarding:
    """While it is entered, SIGTERM and SIGUSR1 go to other processes, each as often as it comes.

    A program that handles a signal itself keeps its handler. Python hands signals to the main thread: entered in
    another one, this does nothing.

    Attributes:
        received: the signals that have come.
    """

    def __init__(self) -> None:
        self.received: list[int] = []
        self._owner = os.getpid()
        self._taken: tuple[signal.Signals, ...] = ()
        self._processes: Sequence[Any] = ()

    def __enter__(self) -> Forwarding:
        if threading.current_thread() is threading.main_thread():
            self._taken = tuple(kind for kind in KINDS if signal.getsignal(kind) == signal.SIG_DFL)
        for kind in self._taken:
            signal.signal(kind, self._receive)
        return self

    def __exit__(self, *exception: object) -> None:
        for kind in self._taken:
            signal.signal(kind, signal.SIG_DFL)

    def to(self, processes: Iterable[Any]) -> None:
        """Names the processes; those signals that came while they started are sent at once."""
        self._processes = tuple(processes)
        for number in self.received:
            self._send(number)

    def explains(self, exit_code: int) -> bool:
        """Whether a process ended so because of a signal that was passed on to it."""
        return any(exit_code in (-number, 128 + number) for number in self.received)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:  # in a forked process, which inherits handlers and has nobody to pass it on to
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self.received.append(number)
        self._send(number)

    def _send(self, number: int) -> None:
        for process in self._processes:
            if process.is_alive():
                os.kill(process.pid, number)
