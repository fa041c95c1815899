"""Where programs write: files that are whole or not there, and a sentence where nothing can be written."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from scaffold_runtime.handlers.saving.atomic_write import atomic_write


@contextmanager
def whole_files(folder: Path) -> Generator[Path]:
    """A folder to write files in, which come into `folder` at the end, each whole or not at all.

    Raises:
        OSError: one of them cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as unfinished:  # elsewhere: a program that is killed leaves nothing in `folder`
        yield Path(unfinished)
        for file in sorted(Path(unfinished).iterdir()):
            content = file.read_bytes()
            atomic_write(folder / file.name, lambda opened, content=content: opened.write(content))


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
