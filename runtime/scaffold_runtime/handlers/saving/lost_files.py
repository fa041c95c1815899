"""Files of a run that could not be written: the training is worth more than one of them, and goes on."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager

lost_files: dict[str, str] = {}
"""Why, by kind of file: of this process's run, those whose last write has failed."""


@contextmanager
def may_be_lost(kind: str) -> Generator[None]:
    """Lets the run go on if a file cannot be written within it: a warning says so, once until a write succeeds.

    Args:
        kind: of the file, such as history.csv.

    Example:
        >>> with warnings.catch_warnings(record=True, action="always") as said:
        ...     for _ in range(2):
        ...         with may_be_lost("notes.txt"):
        ...             raise OSError(28, "No space left on device")
        >>> [str(warning.message) for warning in said]
        ['notes.txt could not be written: No space left on device. The run goes on without it.']
        >>> with may_be_lost("notes.txt"):
        ...     pass
        >>> lost_files
        {}
    """
    try:
        yield
        lost_files.pop(kind, None)
    except OSError as error:
        tell_lost(kind, error)


def tell_lost(kind: str, error: OSError) -> None:
    """Notes a file that could not be written, and warns if it is the first of its kind."""
    is_known, lost_files[kind] = kind in lost_files, error.strerror or str(error)
    if not is_known:
        warnings.warn(f"{kind} could not be written: {lost_files[kind]}. The run goes on without it.", stacklevel=3)
