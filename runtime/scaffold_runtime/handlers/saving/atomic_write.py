"""Files that are there whole or not at all, whatever dies and whenever.

A write goes to a temporary file in the same folder and reaches the disk; then it takes its name by
one rename, which reaches the disk too. Every step is one call of `os`, so that tests can make each
of them fail, or kill the process there.
"""

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

TEMPORARY = ".tmp"
"""What the names of unfinished files end in; they begin with a dot."""

BUFFER_BYTES = 1 << 20


def atomic_write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Lets `write` fill a file, which then replaces `path` at once and for good.

    Raises:
        OSError: a step failed; `path` is what it was before, except that after a failed sync of the
            folder it may be the new file.
    """
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    try:
        write_and_sync(temporary, write)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(path.parent)


def write_and_sync(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Lets `write` fill a file in its place, and returns when it has reached the disk.

    Raises:
        OSError: a step failed, and the file is cut short.
    """
    with _Descriptor(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)) as raw:
        buffered = io.BufferedWriter(raw, BUFFER_BYTES)
        write(buffered)
        buffered.flush()
        buffered.detach()
        if raw.failure is not None:
            raise raw.failure
        os.fsync(raw.descriptor)


def remove_and_sync(path: Path) -> None:
    """Removes a file for good; nothing happens if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Returns when the names in the folder have reached the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unfinished(folder: Path) -> None:
    """Removes what killed writers have left behind."""
    for path in folder.glob(f".*{TEMPORARY}"):
        with contextlib.suppress(OSError):
            os.unlink(path)


class _Descriptor(io.RawIOBase):
    """A file that keeps its first failure for later.

    `torch.save` writes from C++, where an exception in the middle becomes another one about
    positions. So the writer is let through to its end, and the failure is raised by whoever asked.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor
        self.failure: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        if self.failure is None:
            try:
                return os.write(self.descriptor, view)
            except OSError as error:
                self.failure = error
        return len(view)

    def close(self) -> None:
        if not self.closed:
            os.close(self.descriptor)
        super().close()
