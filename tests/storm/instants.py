"""When to kill: while the program starts, at any moment of its training, and while a file is being written."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .processes import Processes

POLL_SECONDS = 0.0005
PATIENCE_SECONDS = 900.0  # of a machine that others use too


@dataclass(frozen=True)
class Pace:
    """How long an untouched run takes, as an idle or a busy machine has it.

    Attributes:
        start: seconds until its first checkpoint.
        training: seconds from there to its end.
    """

    start: float
    training: float


def wait_for_instant(draw: random.Random, processes: Processes, checkpoints: Path, pace: Pace) -> None:
    """Returns when the moment has come, or when the program has ended."""
    kind = draw.choices(["start", "training", "write"], weights=[2, 4, 5])[0]
    if kind == "start":
        _wait(processes, draw.uniform(0, pace.start * 1.2))
    else:
        _until(processes, _changes(checkpoints))
        if kind == "training":
            _wait(processes, draw.uniform(0, pace.training / 2))  # the next start goes on from there to later ones
        else:
            for _ in range(draw.randint(1, 3)):
                _until(processes, lambda: not unfinished(checkpoints))
                _until(processes, lambda: bool(unfinished(checkpoints)))
            time.sleep(draw.choice([0.0, 0.0, 0.001, 0.003]))


def wait_for_end(processes: Processes) -> None:
    """Returns when the program has ended by itself."""
    _until(processes, lambda: False)


def unfinished(folder: Path) -> list[Path]:
    """Files that are being written, or that a killed writer has left."""
    return list(folder.glob(".*.tmp"))


def _changes(checkpoints: Path) -> Callable[[], bool]:
    """Whether other checkpoints are there than now."""
    before = _names(checkpoints)
    return lambda: _names(checkpoints) != before


def _names(checkpoints: Path) -> set[str]:
    return {path.name for path in checkpoints.glob("*.pt")}


def _wait(processes: Processes, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    _until(processes, lambda: time.monotonic() >= deadline)


def _until(processes: Processes, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while processes.exit_code is None and not happened():
        assert time.monotonic() < deadline, "the run hangs"
        time.sleep(POLL_SECONDS)
