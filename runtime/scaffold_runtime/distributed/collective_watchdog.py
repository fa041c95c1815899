"""Watches over collectives: they know their name and their caller's line, and say so when nobody comes.

A collective that only some processes call waits for the others. After half a minute a warning names
it; when the backend's timeout ends it, or another process has gone, the error does.
"""

import contextlib
import inspect
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch

from ..exceptions import CollectiveError
from .comp_models.base import ComputationModel

WARN_AFTER_SECONDS = 30.0
AFTER_YOU_SECONDS = 0.5
_LIBRARIES = (Path(__file__).parents[1], Path(torch.__file__).parent)
_NOT_THE_PROGRAM = (*(f"{folder}{os.sep}" for folder in _LIBRARIES), contextlib.__file__)
_GONE = ("closed by peer", "reset by peer", "Connection refused", "Broken pipe", "has been shut down", "Socket closed")
_TIMED_OUT = ("imed out", "timeout", "Timeout")

_logger = logging.getLogger(__name__)
_model: ComputationModel | None = None
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
    except RuntimeError as error:
        explain(error, rank, f"`{name}`, called at {caller(inspect.currentframe())},")
        raise
    finally:
        _current = outer


def explain(error: BaseException, rank: int, place: str) -> None:
    """Says which process was where, if the error is a backend's that has waited for another one in vain.

    Args:
        error: of any kind.
        rank: of this process.
        place: where it was.

    Raises:
        CollectiveError: it is.
    """
    said = str(error)  # loaders have a timeout too
    is_gone, is_late = (any(words in said for words in signs) for signs in (_GONE, _TIMED_OUT))
    is_foreign = not isinstance(error, RuntimeError) or isinstance(error, CollectiveError) or "DataLoader" in said
    if is_foreign or not (is_gone or is_late):
        return
    leave_word(f"{'was' if is_gone else 'waited'} in {place.rstrip(',')}")
    time.sleep(AFTER_YOU_SECONDS)  # launchers copy what processes say: the one that has gone comes first
    hint = "Its traceback, above, says why; if it has none, it came to its end without this call."
    others = [f"Rank {other} {word}." for other, word in _words() if word and other != rank]
    is_gone = is_gone and not any(" waited in " in word for word in others)  # whose timeout ends it for all
    if others:
        hint = f"{' '.join(others)} Have all as many batches, and do they stop together (`TerminateTogether`)?"
    elif not is_gone:
        hint = "Is there a collective behind a condition that differs between ranks, as `if idist.get_rank() == 0`?"
    what = "when another process ended." if is_gone else "until the timeout: not every process called it."
    raise CollectiveError(f"Rank {rank} {'was' if is_gone else 'waited'} in {place} {what}\nHint:  {hint}") from error


def leave_word(text: str) -> None:
    """Says where this process has come to, for others that wait for it in vain: in the store, if that is there."""
    if _model is not None and _model.store is not None:
        with contextlib.suppress(RuntimeError):
            _model.store.set(f"idist/word/{_model.rank}", text)


def _words() -> Iterator[tuple[int, str]]:
    """What processes have said so."""
    if _model is not None and _model.store is not None:
        with contextlib.suppress(RuntimeError):
            for rank in range(_model.world_size):
                if _model.store.check([key := f"idist/word/{rank}"]):
                    yield rank, _model.store.get(key).decode()


def watch(model: ComputationModel) -> Callable[[], None]:
    """Starts a thread that warns about a collective which waits for long; returns what ends it.

    Args:
        model: of this process.
    """
    global _model
    _model = model
    main, stopped = threading.get_ident(), threading.Event()

    def run() -> None:
        warned: tuple[str, float] | None = None
        while not stopped.wait(min(1.0, WARN_AFTER_SECONDS)):
            collective = _current  # the main thread goes on meanwhile
            if collective is None or collective == warned or time.monotonic() - collective[1] < WARN_AFTER_SECONDS:
                continue
            warned = collective
            frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]  # public, despite its name
            message = "Rank %d has waited %.0f seconds in `%s`, called at %s: not every process has called it."
            _logger.warning(
                message, model.rank, time.monotonic() - collective[1], collective[0], caller(frames.get(main))
            )

    thread = threading.Thread(target=run, name="idist-watch", daemon=True)
    thread.start()

    def stop() -> None:
        global _model
        _model = None
        stopped.set()
        thread.join()

    return stop


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
