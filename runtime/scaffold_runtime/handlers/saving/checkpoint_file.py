"""Checkpoint files: told whole from damaged, read without running anything in them, found newest first."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import torch

from .atomic_write import checksum
from .checkpoint_error import CheckpointError, DamagedCheckpointError, UnsafeCheckpointError
from .manifest import Entry, Manifest


def read_checkpoint(path: str | Path, *, map_location: Any = "cpu") -> Any:
    """What a checkpoint holds, checked against its checksums; no code in it is run.

    Raises:
        FileNotFoundError: there is none.
        DamagedCheckpointError: it is not what was written.
        UnsafeCheckpointError: it holds more than tensors and plain values.
    """
    path = Path(path)
    check(path, Manifest.read(path.parent).entries.get(path.name))
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        foreign = re.search(r"GLOBAL (\S+)|[Cc]lass ([\w.]+)", str(error))
        if foreign is None:
            raise DamagedCheckpointError(path, "it cannot be unpacked") from error
        raise UnsafeCheckpointError(path, f"`{foreign[1] or foreign[2]}`") from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DamagedCheckpointError(path, "it cannot be unpacked") from error


def newest_checkpoint(folder: str | Path, *, holding: Collection[str] = ()) -> Path | None:
    """The newest checkpoint of a folder that is whole; damaged ones are passed over with a warning.

    Args:
        folder: where checkpoints are; it need not exist.
        holding: names of objects it should hold; one that lacks some is passed over, as a file of another handler.

    Returns:
        The newest that holds them all; if there is none, the newest of those that hold several of them, for whoever
        loads it is told what it lacks.
    """
    folder = Path(folder)
    entries, wanted = Manifest.read(folder).entries, set(holding)
    alike: Path | None = None
    for path in _newest_first(folder, list(entries)):
        entry = entries.get(path.name)
        held = wanted.intersection(entry.objects) if entry is not None and entry.objects else wanted
        if held < wanted:
            alike = alike or (path if len(held) > 1 else None)
            continue
        try:
            check(path, entry)
        except CheckpointError as error:
            warnings.warn(f"{error}", stacklevel=2)
            continue
        if entry is not None or _may_hold(path, holding):
            return path
    return alike


def _may_hold(path: Path, names: Collection[str]) -> bool:
    """Whether a file that no manifest lists - a kill came between the two - has these objects; nothing is copied."""
    if len(names) < 2:  # a single object may be the whole file
        return True
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError):
        return True  # who loads it is told what is wrong with it
    return isinstance(content, dict) and set(names) <= content.keys()


def check(path: Path, entry: Entry | None) -> None:
    """Returns if the file is whole: as its entry says, or, written since, by the checksums inside.

    Raises:
        FileNotFoundError: there is no file.
        DamagedCheckpointError: it is not whole.
    """
    if not path.is_file():
        beside = ", ".join(sorted(f"'{other.name}'" for other in path.parent.glob("*.pt"))) or "no checkpoints"
        raise FileNotFoundError(f"There is no checkpoint '{path}'. The folder holds {beside}.")
    status = path.stat()
    if entry is not None and entry.modified_ns == status.st_mtime_ns:
        if entry.num_bytes != status.st_size:
            raise DamagedCheckpointError(path, f"it has {status.st_size} bytes, and {entry.num_bytes} were written")
        if entry.sha256 != checksum(path):
            raise DamagedCheckpointError(path, "its bytes have changed since it was written")
    else:
        _check_inside(path)


def _check_inside(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise DamagedCheckpointError(path, "it is cut short or no checkpoint at all") from error
    if broken is not None:
        raise DamagedCheckpointError(path, f"its part '{broken}' has changed since it was written")


def _newest_first(folder: Path, saved: list[str]) -> Iterator[Path]:
    """By time of writing; the manifest's order decides between files of one instant."""
    files = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.pt")}
    place = {name: index for index, name in enumerate(saved)}
    names = sorted(files, key=lambda name: (files[name], place.get(name, len(saved))), reverse=True)
    return (folder / name for name in names)
