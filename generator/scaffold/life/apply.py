"""What writes to disk. A project appears by one rename, or not at all; so do the changes of one that is there."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..build.project import Project, ProjectFile, refuse_outside
from ..errors import UsageError, WriteError
from .changes import Changes, Kind, state_of
from .journal import change_together, complete
from .sync import sync, sync_below, umask

STALE_SECONDS = 3600.0
"""Age at which a hidden folder beside the target is the leftover of a killed run: writing takes a second."""


def check_target(directory: Path) -> None:
    """Refuses a directory that a project cannot appear in; nothing is touched.

    Raises:
        UsageError: it holds something already, it is no directory, or it cannot be looked into.
    """
    try:
        if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
            raise UsageError(f"'{directory}' is there already, and is no directory.", "Choose another directory.")
        if directory.is_dir() and any(directory.iterdir()):
            raise UsageError(f"The directory '{directory}' is not empty.", "Choose another one, or empty it first.")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"'{directory}' cannot be looked into: {reason}.", "Choose another directory.") from None


def write_project(project: Project, directory: Path) -> None:
    """Writes the project to `directory`, which may exist if it is empty.

    Everything is written and synced in a hidden folder, which then takes the name of the target, or of the
    topmost folder above it that is missing too. A kill leaves at worst the hidden folder, and a later run
    for the same target removes it.

    Raises:
        UsageError: the directory holds something already.
        TemplateError: a file would land outside of it.
        WriteError: the disk refused.
    """
    refuse_outside(project.files)
    check_target(directory)
    try:
        target = directory.resolve()
        appearing = _topmost_missing(target)
        _remove_stale(appearing)
        staging = Path(tempfile.mkdtemp(prefix=_prefix(appearing), dir=appearing.parent))
        try:
            _write_files(project, staging / target.relative_to(appearing), staging)
            staging.chmod(target.stat().st_mode if target.is_dir() else 0o777 & ~umask())
            os.replace(staging, appearing)  # onto an empty directory or onto nothing
            sync(appearing.parent)
        finally:
            shutil.rmtree(staging, ignore_errors=True)  # it has another name by now, if all went well
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(
            f"The project could not be written to '{directory}': {reason}.",
            "Nothing is there. Mend it and run again, or choose another directory.",
        ) from None


def _topmost_missing(target: Path) -> Path:
    """The folder that has to appear: the target, or the highest missing one around it."""
    missing = [folder for folder in target.parents if not folder.exists()]
    return missing[-1] if missing else target


def _prefix(appearing: Path) -> str:
    return f".{appearing.name}.scaffold-"


def _remove_stale(appearing: Path) -> None:
    """Removes what killed runs for the same target left; a run that is still at work is younger."""
    for folder in appearing.parent.glob(".*"):
        is_ours = re.fullmatch(rf"{re.escape(_prefix(appearing))}[a-z0-9_]{{8}}", folder.name)
        if is_ours and time.time() - folder.lstat().st_mtime > STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _write_files(project: Project, root: Path, staging: Path) -> None:
    mask = umask()
    root.mkdir(parents=True, exist_ok=True)
    for path, file in project.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(file.content)
        target.chmod(file.mode & ~mask)
    sync_below(staging)


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
        raise _unchanged(folder, error) from None
    return found


def apply(changes: Changes, folder: Path) -> None:
    """Makes the changes that need nobody: files are replaced, added and deleted, all of them or none.

    Files that both sides changed, and those in the way of new ones, stay as they are. A process that is killed
    leaves the project as it was, or a journal by which `complete` finishes the change.

    Raises:
        TemplateError: a file would land outside of the folder.
        WriteError: the disk refused, or a file has been edited since it was looked at.
    """
    written, removed = changes.written(), changes.paths(Kind.DELETED)
    refuse_outside({**written, **dict.fromkeys(removed, NO_FILE)})
    try:
        complete(folder)
        looked_at = [*written, *removed]
        now = read_theirs(folder, looked_at)
        for path in looked_at:
            if state_of(now.get(path)) != state_of(changes.files[path].theirs):
                hint = "Nothing was changed. Run the command again."
                raise WriteError(f"'{folder / path}' has been edited in the meantime.", hint)
        if looked_at:
            change_together(folder, written, removed)
    except OSError as error:
        raise _unchanged(folder, error) from None


NO_FILE = ProjectFile(b"", 0o644, "")


def _unchanged(folder: Path, error: OSError) -> WriteError:
    reason = error.strerror or str(error)
    hint = "Mend it and run again: what was begun is brought to its end, or never was."
    return WriteError(f"The project at '{folder}' could not be changed: {reason}.", hint)


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
