"""What a run says while it goes on: lines, which its `log.txt` keeps."""

import logging
import sys
from pathlib import Path
from typing import Any

from ..handlers.saving.lost_files import lost_files, tell_lost

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
            tell_lost(self.stream.name, error)

    def flush(self) -> None:
        """What could not be written before is still in the stream, and goes with what comes now."""
        super().flush()
        lost_files.pop(getattr(self.stream, "name", ""), None)


class _KeptLines(_Lines, logging.FileHandler):
    """The same, in a file."""
