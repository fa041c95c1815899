"""A run as its trackers see it: what it was started with, its curves, what it came to, and how it ended."""

import atexit
import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from .. import distributed as idist
from ..distributed.signals import Departure
from ..distributed.workers import exit_code
from ..engine.engine import Engine
from ..engine.events import Events
from ..handlers.checkpoint import CheckpointEvents
from ..handlers.csv_logger import read_rows
from ..handlers.logged_values import flat_numbers
from ..handlers.logger_setup import losses_by_name
from ..handlers.tracker_logger import TrackerLogger
from .folder import RunFolder
from .saved_config import identity
from .terminal import log

CLOSING_SECONDS = {"finished": 60.0, "killed": 10.0, "failed": 20.0}
"""For all trackers together; schedulers give at least that much time after a signal."""

AMONG_OTHERS_SECONDS = 4.0
"""After an error of one of several processes: their launcher ends all of them 5 s later, unless they leave in order."""

_followed: dict[Path, list[TrackerLogger]] = {}


def track_run(
    logger: TrackerLogger,
    folder: RunFolder,
    engines: Mapping[str, Engine[Any, Any]],
    optimizers: Mapping[str, Optimizer],
    *,
    every: int = 10,
) -> None:
    """Tells a tracker of a run: rank 0 does.

    The loss and the learning rates every few iterations, under "training"; at the end of each epoch the metrics of all
    engines, as `history.csv` has them, under the engines' names. Attach it before the checkpoint: an epoch whose state
    is saved has been handed over, and points that the tracker had not got then come to it after a kill.

    Args:
        logger: the tracker's.
        folder: of the run.
        engines: by name; the first trains.
        optimizers: by name.
        every: iterations between two points of the training.
    """
    if idist.get_rank() != 0:
        return
    trainer = next(iter(engines.values()))
    # Of what a run that was killed has told. A row may be of an epoch that is done again, to other values perhaps, and
    # trackers keep the first that they get: which rows those are shows when an epoch, or the run, is over.
    is_behind = True
    now_and_then = Events.ITERATION_COMPLETED(every=every)
    logger.attach_output_handler(trainer, now_and_then, tag="training", output_transform=losses_by_name)
    for name, optimizer in optimizers.items():
        logger.attach_opt_params_handler(trainer, now_and_then, optimizer, tag=name)

    def begin() -> None:
        logger.write_config({**identity(folder.config.read_bytes()), **facts()})
        logger.write_file(folder.config)
        logger.write_points(until=trainer.state.iteration)

    def catch_up(done: int) -> None:
        nonlocal is_behind
        if is_behind:
            is_behind = False
            epochs = epochs_of(folder.history, engines).items()
            logger.write_epochs({epoch: values for epoch, values in epochs if epoch <= done})

    def write_epoch() -> None:
        catch_up(trainer.state.epoch - 1)
        logger.write_epoch(epoch_values(engines), trainer.state.epoch)
        logger.keep(trainer.state.epoch)

    def fail(error: BaseException) -> None:
        catch_up(trainer.state.epoch - 1)
        is_told_to_leave = isinstance(error, (Departure, KeyboardInterrupt))
        close_trackers(folder, "killed" if is_told_to_leave else "failed", error)

    trainer.register_events(*CheckpointEvents)
    trainer.add_event_handler(CheckpointEvents.SAVING_CHECKPOINT, logger.save_points)
    trainer.add_event_handler(Events.STARTED, begin)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, write_epoch)
    trainer.add_event_handler(Events.COMPLETED, lambda: catch_up(trainer.state.epoch))
    trainer.add_event_handler(Events.EXCEPTION_RAISED, fail)
    _followed.setdefault(folder.path, []).append(logger)
    atexit.register(close_trackers, folder, "failed")  # whatever ends the program besides


def finish_trackers(folder: RunFolder) -> None:
    """Hands over what the run came to, to each tracker that can take it, and closes them."""
    for logger in _followed.get(folder.path, ()):
        for path in (folder.curves, folder.results, best_checkpoint(folder.checkpoints)):
            if path is not None and path.is_file():
                logger.write_file(path)
    close_trackers(folder, "finished")


def close_trackers(folder: RunFolder, status: str, error: BaseException | None = None) -> None:
    """Closes those of the run, together within a time limit, and says what they have lost.

    Args:
        folder: of the run.
        status: that it ends with.
        error: what ends it before its end. Who leaves by `sys.exit` does so on all processes, and launchers wait then.
    """
    loggers = _followed.pop(folder.path, [])
    is_in_haste = status == "failed" and not isinstance(error, SystemExit) and idist.get_world_size() > 1
    deadline = time.monotonic() + (AMONG_OTHERS_SECONDS if is_in_haste else CLOSING_SECONDS[status])
    for logger in loggers:
        logger.end(status)
    ended = [logger.join(max(0.0, deadline - time.monotonic())) for logger in loggers]
    for logger in loggers:
        if logger.lost:
            log.warning(f"{logger.tracker} does not have all of this run: {logger.lost}. {folder.path} has it.")
    if not all(ended) and not isinstance(error, KeyboardInterrupt):  # which Python ends with in a way of its own
        atexit.register(_leave_behind, exit_code(error) if isinstance(error, SystemExit) else int(status == "failed"))


def _leave_behind(code: int) -> None:
    """Ends the program at once, in which clients still wait: they would hold it up once more, by handlers of its end.

    And Python, up to 3.13, ends their threads where they are, which aborts the program amid some clients' native code.

    Args:
        code: what the run has ended with; of an error that came after it, 1.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # closed, or a pipe that nobody reads
            stream.flush()
    os._exit(1 if getattr(sys, "last_value", None) is not None else code)


def epoch_values(engines: Mapping[str, Engine[Any, Any]]) -> dict[str, Any]:
    """The metrics of all engines: `val/accuracy`; those that are matrices are none of a curve."""
    return flat_numbers(
        {
            f"{name}/{metric}": value
            for name, engine in engines.items()
            for metric, value in engine.state.metrics.items()
            if getattr(value, "ndim", 0) < 2
        }
    )


def epochs_of(history: Path, engines: Iterable[str]) -> dict[int, dict[str, float]]:
    """What `history.csv` says of the engines' metrics, as `epoch_values` gives them, by epoch."""
    return {
        int(row["epoch"]): {
            f"{name}/{column.removeprefix(f'{name}_')}": float(value)
            for name in engines
            for column, value in row.items()
            if value and column.startswith(f"{name}_")
        }
        for row in read_rows(history)
    }


def facts() -> dict[str, Any]:
    """How the run was started: the command, the commit that it was started from, releases of what it needs."""
    return {
        "command": " ".join(sys.argv),
        "commit": commit() or "unknown",
        "python": platform.python_version(),
        **{f"version.{name}": version(name) for name in ("torch", "numpy") if _is_installed(name)},
        "world_size": idist.get_world_size(),
    }


def commit() -> str:
    """The commit of the folder where the program runs, with + if files have changed since; empty without git."""
    try:
        told = [
            subprocess.run(["git", *words], capture_output=True, text=True, timeout=10, check=True).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        ]
    except (OSError, subprocess.SubprocessError):
        return ""
    return told[0] + "+" * bool(told[1])


def best_checkpoint(checkpoints: Path) -> Path | None:
    """The one whose name has the highest score; the newest network's if they have none.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("best_network_1_accuracy=0.5000.pt", "best_network_2_accuracy=0.7500.pt"):
        ...         _ = Path(folder, name).write_bytes(b"")
        ...     print(best_checkpoint(Path(folder)).name)
        best_network_2_accuracy=0.7500.pt
    """
    ranked = [(float(path.stem.rpartition("=")[2]), path) for path in checkpoints.glob("best_*=*.pt")]
    ranked = ranked or [(float(path.stem.rpartition("_")[2]), path) for path in checkpoints.glob("newest_*.pt")]
    return max(ranked)[1] if ranked else None


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
