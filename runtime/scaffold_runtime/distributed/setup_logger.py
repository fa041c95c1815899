"""A logger for an engine: `trainer.logger = setup_logger("trainer")` shows when its epochs and runs end."""

import logging
from pathlib import Path
from typing import TextIO

from . import context


def setup_logger(
    name: str | None = "torch-scaffold",
    level: int = logging.INFO,
    stream: TextIO | None = None,
    format: str = "%(asctime)s %(name)s %(levelname)s: %(message)s",
    filepath: str | Path | None = None,
    distributed_rank: int | None = None,
    reset: bool = False,
    encoding: str | None = "utf-8",
) -> logging.Logger:
    """A logger that writes on process 0 and keeps quiet on the others.

    One that has been set up before stays as it is, unless `reset` is given.

    Args:
        name: of the logger; None is the root.
        level: what is less urgent is left out.
        stream: where lines go; standard error if not given.
        format: of a line.
        filepath: a file that gets the lines too.
        distributed_rank: of this process, if it is another than `get_rank` says.
        reset: forget what was set up before.
        encoding: of the file.

    Example:
        >>> import sys
        >>> setup_logger("example", stream=sys.stdout, format="%(name)s: %(message)s").info("ready")
        example: ready
    """
    logger = logging.getLogger(name)
    if logger.handlers and not reset:
        return logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = name is None
    if (context.get_rank() if distributed_rank is None else distributed_rank) > 0:
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL + 1)
        return logger
    logger.setLevel(level)
    handlers: list[logging.Handler] = [logging.StreamHandler(stream)]
    if filepath is not None:
        handlers.append(logging.FileHandler(filepath, encoding=encoding))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(format))
        logger.addHandler(handler)
    return logger
