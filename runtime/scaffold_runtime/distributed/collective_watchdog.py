"""Watches over collectives: they know their name and their caller's line, and say so when nobody comes.

A collective that only some processes call waits for the others. After half a minute a warning names
it; when the backend's timeout ends it, or another process has gone, the error does.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import sys
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType

import torch

from .errors import CollectiveError

WARN_AFTER_SECONDS = 30.0
AFTER_YOU_SECONDS = 0.5
_LIBRARIES = (Path(__file__).parents[1], Path(torch.__file__).parent)
_NOT_THE_PROGRAM = (*(f"{folder}{os.sep}" for folder in _LIBRARIES), contextlib.__file__)
_REASONS = (
    (
        ("closed by peer", "reset by peer", "Connection refused", "Broken pipe", "has been shut down", "Socket closed"),
        CollectiveError.left_alone,
    ),
    (("imed out", "timeout", "Timeout"), CollectiveError.timed_out),
)

_logger = logging.getLogger(__name__)


class Waiting:
    """Marks a collective while it runs, and explains its failure.

    Args:
        name: of the function that the program called.
        rank: of this process.
    """

    __slots__ = ("_name", "_outer", "_rank")
    current: tuple[str, float] | None = None

    def __init__(self, name: str, rank: int) -> None:
        self._name = name
        self._rank = rank
        self._outer: tuple[str, float] | None = None

    def __enter__(self) -> None:
        self._outer = Waiting.current
        Waiting.current = self._outer or (self._name, time.monotonic())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        Waiting.current = self._outer
        if not isinstance(error, RuntimeError) or isinstance(error, CollectiveError):
            return
        explain = next((explain for words, explain in _REASONS if any(word in str(error) for word in words)), None)
        if explain == CollectiveError.left_alone:
            time.sleep(AFTER_YOU_SECONDS)  # launchers copy what processes say: the one that has gone comes first
        if explain is not None:
            raise explain(self._name, self._rank, caller(inspect.currentframe())) from error


class Watch:
    """A thread that warns about a collective which waits for long.

    Args:
        rank: of this process.
    """

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._main = threading.get_ident()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="idist-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        warned: tuple[str, float] | None = None
        while not self._stopped.wait(min(1.0, WARN_AFTER_SECONDS)):
            waiting = Waiting.current
            if waiting is None or waiting == warned or time.monotonic() - waiting[1] < WARN_AFTER_SECONDS:
                continue
            warned = waiting
            frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]  # public, despite its name
            place = caller(frames.get(self._main))
            _logger.warning(
                "Rank %d has waited %.0f seconds in `%s`, called at %s: not every process has called it.",
                self._rank,
                time.monotonic() - waiting[1],
                waiting[0],
                place,
            )


def caller(frame: FrameType | None) -> str:
    """File and line of the nearest frame outside of the runtime and torch.

    Example:
        >>> import sys
        >>> caller(sys._getframe()).startswith("<doctest")
        True
    """
    while frame is not None and frame.f_code.co_filename.startswith(_NOT_THE_PROGRAM):
        frame = frame.f_back
    return "an unknown line" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
