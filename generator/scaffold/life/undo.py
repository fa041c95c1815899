"""What a change has replaced, until its owner is content: `.scaffold/undo/`.

It comes in the same step as the change. A change without conflicts forgets it at once; one with conflicts keeps it
until `scaffold update --continue`, or until `--abort` puts every byte back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..build.project import ProjectFile
from ..errors import UsageError
from .apply import apply, change
from .merge import is_conflicted
from .outcome import NEEDS_OWNER, Fate, Outcome
from .record import FOLDER, RECORD_FILES, is_inside
from .theirs import read_theirs, unchanged

UNDO = FOLDER / "undo"
LIST, OLD = UNDO / "undo.json", UNDO / "old"
SAVED = FOLDER / "aborted"
"""Where what the owner wrote since goes when the change is taken back."""


@dataclass(frozen=True)
class Unfinished:
    """A change that waits for its owner.

    Attributes:
        command: which one it was.
        replaced: files that it replaced or removed, with their permissions.
        written: files that it wrote, with the hash of what it wrote.
        conflicts: files whose lines clash.
        beside: files whose place was taken, by where they are instead.
    """

    command: str
    replaced: Mapping[PurePosixPath, int]
    written: Mapping[PurePosixPath, str]
    conflicts: tuple[PurePosixPath, ...]
    beside: Mapping[PurePosixPath, PurePosixPath]

    @property
    def needs_owner(self) -> bool:
        """Whether there is anything to settle; a kill may leave what has nothing."""
        return bool(self.conflicts or self.beside)

    def open_conflicts(self, folder: Path) -> list[PurePosixPath]:
        """The files that still have a clash in them."""
        now = read_theirs(folder, self.conflicts)
        return [path for path in self.conflicts if path in now and is_conflicted(now[path].content)]


def apply_with_undo(outcome: Outcome, folder: Path, command: str) -> None:
    """Makes a change that can be taken back, and forgets how if nobody has to settle anything.

    Raises:
        WriteError: the disk refused, or a file has been edited since it was looked at.
    """
    try:
        beside = _undo_files(outcome, folder, command)
        modes = {path: _mode(folder / path.relative_to(OLD)) for path in beside if OLD in path.parents}
        forget(folder)
    except OSError as error:
        raise unchanged(folder, error) from None
    apply(outcome, folder, beside=beside, modes=modes)
    if not outcome.paths(*NEEDS_OWNER):
        forget(folder)


def _undo_files(outcome: Outcome, folder: Path, command: str) -> dict[PurePosixPath, ProjectFile]:
    """What is needed to take a change back, as files of the record."""
    written, touched = outcome.written(), [*outcome.written(), *outcome.removed()]
    there = {path: file for path, file in outcome.seen.items() if path in touched}
    document = {
        "command": command,
        "replaced": {str(path): _mode(folder / path) for path in there},
        "written": {str(path): _hash(file.content) for path, file in written.items()},
        "conflicts": [str(outcome.files[path].at or path) for path in outcome.paths(Fate.CONFLICT)],
        "beside": {str(path): str(outcome.files[path].at) for path in outcome.paths(Fate.BESIDE)},
    }
    return {
        LIST: _file(json.dumps(document, indent=1).encode()),
        UNDO / ".gitignore": _file(b"*\n"),
        **{OLD / path: file for path, file in there.items()},
    }


def unfinished(folder: Path) -> Unfinished | None:
    """The change that waits in a project.

    Raises:
        UsageError: what is remembered of it is damaged.
    """
    try:
        if any((folder / each).is_symlink() for each in (UNDO, LIST, OLD)) or not (folder / LIST).is_file():
            return None
        document: Any = json.loads((folder / LIST).read_text(encoding="utf-8"))
        found = Unfinished(
            str(document["command"]),
            {_path(path): int(mode) & 0o777 for path, mode in document["replaced"].items()},
            {_path(path): str(digest) for path, digest in document["written"].items()},
            tuple(_path(path) for path in document["conflicts"]),
            {_path(path): _path(at) for path, at in document["beside"].items()},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(
            f"What '{folder / LIST}' says of an unfinished change is damaged.",
            f"Remove '{folder / UNDO}': the project stays as it is.",
        ) from None
    return found


def forget(folder: Path) -> None:
    """Ends a change: it cannot be taken back any more."""
    try:
        _forget(folder)
    except BaseException:  # Ctrl-C: it was half forgotten
        _forget(folder)
        raise


def _forget(folder: Path) -> None:
    if (folder / UNDO).is_symlink():
        (folder / UNDO).unlink()
    else:
        (folder / LIST).unlink(missing_ok=True)  # first: without it, the rest counts for nothing
        shutil.rmtree(folder / UNDO, ignore_errors=True)


def take_back(waiting: Unfinished, folder: Path) -> dict[PurePosixPath, PurePosixPath]:
    """Puts every byte back that a change has replaced; the old and the new project, or all of it.

    Returns:
        Files that their owner edited since the change, and where that is kept.

    Raises:
        UsageError: what was kept of the old files is not whole.
        WriteError: the disk refused.
    """
    old = read_theirs(folder, [OLD / path for path in waiting.replaced])
    if len(old) < len(waiting.replaced) or any(file.mode not in (0o644, 0o755) for file in old.values()):
        raise UsageError(
            f"'{folder / OLD}' lacks files that the change has replaced.", "Take them from the project's history."
        )
    now = read_theirs(folder, [*waiting.written, *waiting.replaced])
    for path, file in now.items():
        if not _is_plain(file) and path not in waiting.written.keys() - waiting.replaced.keys():
            raise UsageError(f"'{folder / path}' is in the way of the file that was there.", "Move it away.")
    kept = _kept_place(folder)
    edited = {path: kept / path for path, digest in waiting.written.items() if _is_edited(now.get(path), digest)}
    restored = {path: old[OLD / path] for path in waiting.replaced}
    ours = [path for path in waiting.written if path not in restored and _is_plain(now.get(path))]
    saved = {at: now[path] for path, at in edited.items()}
    try:
        change(folder, {**restored, **saved}, [*ours, LIST], modes=waiting.replaced)
    finally:
        if not os.path.lexists(folder / LIST):  # it has happened, also if Ctrl-C came meanwhile
            forget(folder)
    return edited


def _kept_place(folder: Path) -> PurePosixPath:
    number = 1
    while os.path.lexists(folder / (place := SAVED / str(number))):
        number += 1
    return place


def _is_edited(now: ProjectFile | None, digest: str) -> bool:
    return now is not None and _is_plain(now) and _hash(now.content) != digest


def _is_plain(file: ProjectFile | None) -> bool:
    return file is not None and file.mode in (0o644, 0o755)


def _path(text: Any) -> PurePosixPath:
    """A path that a template may have; or one of the record's own two files."""
    path = PurePosixPath(str(text))
    if not (is_inside(text) or path in RECORD_FILES):
        raise ValueError(text)
    return path


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode) & 0o777


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file(content: bytes) -> ProjectFile:
    return ProjectFile(content, 0o644, str(FOLDER))
