"""What a folder holds of its owner: whether a project may appear in it, and what stays as it is."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ..build.project import ProjectFile
from ..errors import UsageError, WriteError
from .journal import STAGING
from .record import FOLDER

Files = Mapping[PurePosixPath, ProjectFile]

KEPT = re.compile(r"(README|LICEN[CS]E|COPYING|NOTICE)([._-].*)?", re.IGNORECASE)
"""Files of a repository that was made before the project; they stay instead of the project's."""
JOINED = re.compile(r"\.gitignore|\.gitattributes")
"""Lists in which the lines of both count."""
NEVER_OURS = re.compile(r"\.git|\.venv|\.idea|\.vscode|\.DS_Store")
"""What git, virtual environments, editors and file managers put into a folder."""
NUM_NAMED = 3
"""Of the files that are in the way."""


@dataclass(frozen=True)
class Settled:
    """What becomes of a project in a folder whose owner has files of the same names.

    Attributes:
        written: the files that are written.
        kept: the owner's files that stay instead of the project's.
        joined: the owner's lists that get the project's lines before their own, which so decide.
        beside: the owner's files that stay, as they are; a first commit takes them in.
    """

    written: Files
    kept: tuple[PurePosixPath, ...] = ()
    joined: tuple[PurePosixPath, ...] = ()
    beside: Files = field(default_factory=dict[PurePosixPath, ProjectFile])


def check_target(directory: Path) -> None:
    """Refuses a directory that a project cannot appear in; nothing is touched.

    A folder that holds only what a new repository does is good, and so is one in which a killed run was at work.

    Raises:
        UsageError: it holds something else, it is no directory, or it cannot be looked into.
    """
    try:
        if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
            raise UsageError(f"'{directory}' is there already, and is no directory.", "Choose another directory.")
        if not directory.is_dir() or was_at_work(directory):
            return
        faults = [fault for path in sorted(directory.iterdir()) if (fault := _fault(path))]
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"'{directory}' cannot be looked into: {reason}.", "Choose another directory.") from None
    if faults:
        raise UsageError(
            f"The directory '{directory}' is not empty: it holds {_several(faults)}.",
            "Choose another one, or empty it first; a `.git`, README, LICENSE and .gitignore may stay.",
        )


def settle(files: Files, directory: Path) -> Settled:
    """What is written of a project in a folder that `check_target` took, and what of its owner's stays.

    Raises:
        UsageError: the owner has something that may not stay where the project has a file.
        WriteError: the disk refused.
    """
    theirs = read_theirs(directory, files) if directory.is_dir() else {}
    clashes = [path for path, file in theirs.items() if not _goes_together(path, file, files.get(path))]
    if clashes:
        named = _several([f"'{path}'" for path in clashes])
        raise UsageError(
            f"'{directory}' holds {named} already, where the project has its own.",
            "Move it away, or choose another directory.",
        )
    differing = [path for path, file in theirs.items() if file.content != files[path].content]
    joined = {path: _joined(files[path], theirs[path]) for path in differing if JOINED.fullmatch(path.name)}
    joined = {path: file for path, file in joined.items() if file.content != theirs[path].content}
    names = [PurePosixPath(path.name) for path in directory.iterdir()] if directory.is_dir() else []
    beside = read_theirs(directory, [name for name in names if _stays(name) and name not in joined])
    written = {path: file for path, file in files.items() if path not in theirs} | joined
    kept = [path for path in differing if KEPT.fullmatch(path.name)]
    return Settled(written, tuple(kept), tuple(joined), beside)


def was_at_work(directory: Path) -> bool:
    """Whether a run that was killed has left something in a folder; `complete` brings that to its end."""
    return _is_plain_folder(directory / FOLDER) and _is_plain_folder(directory / STAGING)


def is_whole(files: Files, directory: Path) -> bool:
    """Whether all of a project is in a folder, but for what of its owner's stays."""
    theirs = read_theirs(directory, files)
    return all(_stays(path) or (path in theirs and theirs[path].content == files[path].content) for path in files)


def read_theirs(folder: Path, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, ProjectFile]:
    """What is in a project at these paths now, for `changes`.

    What is no plain file, at a path or on the way to it (a link, a folder in a file's place), is there with a mode
    that no file of a template has: it is never taken for what was made, and so never replaced.

    Raises:
        WriteError: the disk refused.
    """
    found: dict[PurePosixPath, ProjectFile] = {}
    try:
        for path in paths:
            around = [parent for parent in reversed(path.parents) if parent.parts]
            obstacle = next((parent for parent in around if not _is_plain_folder(folder / parent)), None)
            if obstacle is not None:
                found |= {obstacle: _something(folder / obstacle)} if _is_there(folder / obstacle) else {}
            elif _is_there(folder / path):
                found[path] = _something(folder / path)
    except OSError as error:
        raise unchanged(folder, error) from None
    return found


def unchanged(folder: Path, error: OSError) -> WriteError:
    """The error for a disk that refuses a change of what is there."""
    reason = error.strerror or str(error)
    hint = "Mend it and run again: what was begun is brought to its end, or never was."
    return WriteError(f"The project at '{folder}' could not be changed: {reason}.", hint)


def _fault(path: Path) -> str | None:
    """What is said of an entry of a folder that no project may appear beside."""
    if _stays(PurePosixPath(path.name)):
        return None if path.is_file() and not path.is_symlink() else f"'{path.name}', which is no plain file"
    if NEVER_OURS.fullmatch(path.name):
        return None if path.exists() else f"'{path.name}', a link that leads nowhere"
    is_leftover = path.name == str(FOLDER) and _is_plain_folder(path) and not any(path.iterdir())
    return None if is_leftover else f"'{path.name}'"


def _stays(path: PurePosixPath) -> bool:
    return len(path.parts) == 1 and bool(KEPT.fullmatch(path.name) or JOINED.fullmatch(path.name))


def _goes_together(path: PurePosixPath, theirs: ProjectFile, mine: ProjectFile | None) -> bool:
    """Whether the owner's stays beside the project: a file that may, or the project's own of a killed run."""
    return mine is not None and _is_plain(theirs) and (_stays(path) or theirs.content == mine.content)


def _joined(mine: ProjectFile, theirs: ProjectFile) -> ProjectFile:
    """A list with the lines of both, once; the last that fits decides, and so the owner's come last."""
    known = {line.strip() for line in theirs.content.splitlines()}
    added = [line for line in mine.content.splitlines() if line.strip() not in known]
    return replace(mine, content=b"".join(line + b"\n" for line in added) + theirs.content)


def _several(names: Sequence[str]) -> str:
    """Some names, and how many there are besides."""
    more = len(names) - NUM_NAMED
    return ", ".join(names[:NUM_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_plain(file: ProjectFile) -> bool:
    return file.mode in (0o644, 0o755)


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _something(path: Path) -> ProjectFile:
    """A file as it is, or what else there is, with its type for a mode."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return ProjectFile(path.read_bytes(), 0o755 if mode & 0o100 else 0o644, "")
    return ProjectFile(b"", stat.S_IFMT(mode), "")
