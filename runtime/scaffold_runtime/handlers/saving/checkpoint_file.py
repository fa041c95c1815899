"""Checkpoint files: each describes itself, is told whole from damaged, and is read without running anything in it.

A file is what `torch.save` writes, and behind it the trailer: one line of JSON with the checksum of all bytes before
it and what they hold. Readers of zip archives, `torch.load` among them, pass over what stands behind the archive. So
the checksum is there as soon as the file has its name, and goes wherever the file is copied.
"""

import contextlib
import hashlib
import json
import os
import pickle
import re
import time
import warnings
import zipfile
import zlib
from collections.abc import Collection, Generator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import torch

from .checkpoint_error import CheckpointError, DamagedCheckpointError, NewerCheckpointError, UnsafeCheckpointError

FORMAT = 1

TAIL_BYTES = 1 << 16
"""A trailer is shorter: in so many bytes zip's readers look for the end of an archive."""

BLOCK_BYTES = 1 << 20


def write_checkpoint(file: IO[bytes], checkpoint: Any, description: Mapping[str, Any], **kwargs: Any) -> None:
    """Writes the content and its trailer.

    Args:
        file: open for writing.
        checkpoint: what to save.
        description: for the trailer: `objects` (names of what it holds), `series` (what the names of its fellows begin
            with; one handler rotates one series), `priority` and `score_name` (why it is kept).
        **kwargs: for `torch.save`.
    """
    hashed = _Hashed(file)
    torch.save(checkpoint, cast("IO[bytes]", hashed), **kwargs)
    checked = {"format": FORMAT, "sha256": hashed.sha256.hexdigest(), "saved_ns": time.time_ns()}
    file.write(_line({**checked, **description}))


def read_checkpoint(path: str | Path, *, map_location: Any = "cpu") -> Any:
    """What a checkpoint holds, checked against its checksums; no code in it is run.

    Raises:
        FileNotFoundError: there is none.
        DamagedCheckpointError: it is not what was written.
        UnsafeCheckpointError: it holds more than tensors and plain values.
        NewerCheckpointError: a later version wrote it.
    """
    path = Path(path)
    check(path)
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except Exception as error:  # a pickle that is not whole ends in any of them
        foreign = re.search(r"GLOBAL (\S+)|[Cc]lass ([\w.]+)", str(error))
        if isinstance(error, pickle.UnpicklingError) and foreign is not None:
            raise UnsafeCheckpointError(path, f"`{foreign[1] or foreign[2]}`") from error
        raise DamagedCheckpointError(path, "it cannot be unpacked") from error


def newest_checkpoint(folder: str | Path, *, holding: Collection[str] = ()) -> Path | None:
    """The newest checkpoint of a folder that is whole; others are passed over, each with a warning.

    Args:
        folder: where checkpoints are; it need not exist.
        holding: names of objects it should hold; one that lacks some is passed over, as a file of another handler.

    Returns:
        The newest that holds them all; if there is none, the newest of those that hold several of them, for whoever
        loads it is told what it lacks. None if there never was one.

    Raises:
        CheckpointError: there are some, and none is whole.
        NewerCheckpointError: a later version wrote one.
    """
    wanted = set(holding)
    alike: Path | None = None
    passed_over: list[str] = []
    for path in sorted(Path(folder).glob("*.pt"), key=_saved_ns, reverse=True):
        try:
            held = _held(path, wanted)
            if held == wanted:
                check(path)
                return path
        except (DamagedCheckpointError, UnsafeCheckpointError) as error:
            warnings.warn(f"Passed over: {error}", stacklevel=2)
            passed_over.append(f"'{path.name}'")
        else:
            alike = alike or (path if len(held) > 1 else None)
    if passed_over and alike is None:
        raise CheckpointError(
            f"The folder '{folder}' holds no checkpoint that can be used: {', '.join(passed_over)} cannot be read. "
            "Bring a copy of one back, or begin anew in another folder; nothing was changed."
        )
    return alike


def check(path: Path) -> None:
    """Returns if the file is whole: by its trailer, or, written by somebody else, by the checksums inside.

    Raises:
        FileNotFoundError: there is no file.
        DamagedCheckpointError: it is not whole.
        NewerCheckpointError: a later version wrote it.
    """
    trailer = trailer_of(path)
    if trailer is None:
        _check_inside(path)
    elif trailer["sha256"] != _sha256(path, trailer["num_bytes"]):
        raise DamagedCheckpointError(path, "its bytes have changed since it was written")


def trailer_of(path: Path) -> dict[str, Any] | None:
    """What a file says of itself, read from its end; None if it is an archive that ends without a trailer.

    Returns:
        What `write_checkpoint` was told, and `format`, `sha256`, `saved_ns` and `num_bytes`: what precedes the trailer.

    Raises:
        FileNotFoundError: there is no file.
        DamagedCheckpointError: its end has changed.
        NewerCheckpointError: a later version wrote it.
    """
    with _reading(path), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    if tail[-22:].startswith(b"PK\5\6"):  # the last record of an archive has 22 bytes
        return None
    line = tail[tail.rfind(b"\n", 0, -1) :]
    with contextlib.suppress(ValueError, AttributeError, TypeError, KeyError):  # it is no such line
        trailer: dict[str, Any] = json.loads(line)
        trailer.pop("crc32")
        if _line(trailer) == line:
            if trailer["format"] > FORMAT:
                raise NewerCheckpointError(path, found=trailer["format"], known=FORMAT)
            return trailer | {"num_bytes": size - len(line)}
    raise DamagedCheckpointError(path, "its end is missing or has changed, or it is no checkpoint at all")


def _line(trailer: Mapping[str, Any]) -> bytes:
    """The trailer's bytes, which end in a checksum of their own: a changed one is not taken for another trailer."""
    text = json.dumps(trailer, default=float)
    return f'\n{text[:-1]}, "crc32": {zlib.crc32(text.encode())}}}\n'.encode()


def _held(path: Path, wanted: set[str]) -> set[str]:
    """Which of these objects are in the file; all, if it cannot be known."""
    trailer = trailer_of(path)
    if trailer is not None:
        return wanted.intersection(trailer["objects"] or wanted)
    if len(wanted) < 2:  # a single object may be the whole file
        return wanted
    content: Any = read_checkpoint(path)
    return {name for name in wanted if isinstance(content, dict) and name in content}


def _saved_ns(path: Path) -> int:
    try:
        trailer = trailer_of(path)
    except CheckpointError:
        trailer = None
    return path.lstat().st_mtime_ns if trailer is None else trailer["saved_ns"]


def _check_inside(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except Exception as error:  # a directory that is not whole ends in any of them
        raise DamagedCheckpointError(path, "its directory has changed since it was written") from error
    if broken is not None:
        raise DamagedCheckpointError(path, f"its part '{broken}' has changed since it was written")


def _sha256(path: Path, num_bytes: int) -> str:
    sha256 = hashlib.sha256()
    with _reading(path), path.open("rb") as file:
        while block := file.read(min(BLOCK_BYTES, num_bytes - file.tell())):
            sha256.update(block)
    return sha256.hexdigest()


@contextlib.contextmanager
def _reading(path: Path) -> Generator[None]:
    """Tells a path where no checkpoint is from one whose bytes the system does not give."""
    try:
        yield
    except OSError as error:
        if os.path.lexists(path):  # a folder, a link to nothing, a failing disk
            raise DamagedCheckpointError(path, f"it cannot be read: {error.strerror}") from error
        beside = ", ".join(sorted(f"'{other.name}'" for other in path.parent.glob("*.pt"))) or "no checkpoints"
        raise FileNotFoundError(f"There is no checkpoint '{path}'. The folder holds {beside}.") from error


class _Hashed:
    """A file that counts what is written into a checksum, so that nothing is read again."""

    def __init__(self, file: IO[bytes]) -> None:
        self.sha256 = hashlib.sha256()
        self._file = file
        self.flush = file.flush

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self._file.write(data)
