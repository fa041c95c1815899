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
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

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
_current: tuple[str, float] | None = None  # the outermost collective of this process, and since when it runs


@contextmanager
def waiting(name: str, rank: int) -> Generator[None]:
    """Marks a collective while it runs, and explains its failure.

    Args:
        name: of the function that the program called.
        rank: of this process.

    Raises:
        CollectiveError: not every process came.
    """
    global _current
    outer = _current
    _current = outer or (name, time.monotonic())
    try:
        yield
    except CollectiveError:  # of a collective within this one
        raise
    except RuntimeError as error:
        explain = next((explain for words, explain in _REASONS if any(word in str(error) for word in words)), None)
        if explain is None:
            raise
        if explain == CollectiveError.left_alone:
            time.sleep(AFTER_YOU_SECONDS)  # launchers copy what processes say: the one that has gone comes first
        raise explain(name, rank, caller(inspect.currentframe())) from error
    finally:
        _current = outer


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
            collective = _current  # the main thread goes on meanwhile
            seconds = 0.0 if collective is None else time.monotonic() - collective[1]
            if collective is None or collective == warned or seconds < WARN_AFTER_SECONDS:
                continue
            warned = collective
            frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]  # public, despite its name
            message = "Rank %d has waited %.0f seconds in `%s`, called at %s: not every process has called it."
            _logger.warning(message, self._rank, seconds, collective[0], caller(frames.get(self._main)))


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
