"""What a run shows while it goes on: lines, which its `log.txt` keeps, and a bar."""

import logging
import sys
from pathlib import Path
from typing import Any

from ..engine.engine import Engine
from ..engine.events import Events
from ..handlers.saving.lost_files import may_be_lost

log = logging.getLogger(__name__)
"""What a run says: on standard output, and in its folder's `log.txt`."""


def log_to(file: Path | None) -> None:
    """Prints plain lines and keeps them in a file; without one, errors only."""
    log.setLevel(logging.ERROR if file is None else logging.INFO)
    log.propagate = False
    for handler in log.handlers:  # of a run before, in the same process
        handler.close()
    log.handlers = [_Lines(sys.stdout)]
    if file is not None:
        log.addHandler(_KeptLines(file, encoding="utf-8"))


class _Lines(logging.StreamHandler[Any]):
    """Plain lines; a reader that has gone (`| head`) or a full disk does not disturb the run."""

    def handleError(self, record: logging.LogRecord) -> None:  # logging's own name
        """Says nothing of a closed pipe, and once that the disk is full."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not isinstance(error, BrokenPipeError):
            with may_be_lost(self.stream.name):
                raise error


class _KeptLines(_Lines, logging.FileHandler):
    """The same, in a file."""


def show_progress(trainer: Engine[Any, Any]) -> None:
    """A bar for each epoch, with the loss, where there is a terminal."""
    from tqdm import tqdm  # here, so that the runtime itself needs nothing but torch

    if not sys.stdout.isatty():
        return
    bar = tqdm(disable=True)

    @trainer.on(Events.EPOCH_STARTED)
    def open_bar() -> None:
        nonlocal bar
        state, done = trainer.state, trainer.epoch_iteration  # a resumed epoch has some behind it
        title = f"epoch {state.epoch:>3}/{state.max_epochs}"
        bar = tqdm(desc=title, total=state.epoch_length, initial=done, leave=False)

    @trainer.on(Events.ITERATION_COMPLETED)
    def move_bar() -> None:
        if bar.update():  # drawn, as it is ten times a second: only then is the loss read, which waits for the device
            bar.set_postfix(loss=f"{float(trainer.state.output):.4f}", refresh=False)

    @trainer.on(Events.EPOCH_COMPLETED | Events.TERMINATE | Events.EXCEPTION_RAISED)
    def close_bar() -> None:
        bar.close()
