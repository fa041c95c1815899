"""Where programs write: files that are whole or not there, and a sentence where nothing can be written."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def whole_files(folder: Path) -> Generator[Path]:
    """A folder to write files in, which come into `folder` at the end: a full disk leaves no half of one.

    Raises:
        OSError: one of them cannot be written; none has come.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", suffix=".tmp", dir=folder) as unfinished:
        yield Path(unfinished)
        for file in sorted(Path(unfinished).iterdir()):
            os.replace(file, folder / file.name)


@contextmanager
def writing(target: Path) -> Generator[None]:
    """Makes what cannot be written within it a sentence.

    Raises:
        SystemExit: it is said of `target`.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise SystemExit(
            f"Error: '{target}' cannot be written: {error.strerror or error}.\nHint:  Make room, or write elsewhere."
        ) from None
