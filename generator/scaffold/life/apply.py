"""What writes to disk. A project appears by one rename, or not at all; so do the changes of one that is there."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from ..build.project import Project, ProjectFile, refuse_outside
from ..errors import UsageError, WriteError
from .changes import state_of
from .journal import change_together, complete
from .outcome import Outcome
from .record import FOLDER
from .sync import sync, sync_below, write_files
from .theirs import Files, Settled, check_target, is_whole, read_theirs, settle, unchanged, was_at_work

STALE_SECONDS = 3600.0
"""Age at which a hidden folder beside the target is the leftover of a killed run: writing takes a second."""
LONGEST_PREFIX = 50
"""Letters of the target's name in the name of the hidden folder, which has to fit into 255 bytes as well."""


def write_project(project: Project, directory: Path, *, prepare: Callable[[Path], None] | None = None) -> Settled:
    """Writes the project to `directory`, which may exist if it holds no more than a new repository does.

    A missing directory appears by one rename. Into one that is there - the folder under somebody's shell, a volume
    that is mounted - the files move together, by a journal in it. A kill leaves what the next run for the same target
    removes, or brings to its end.

    Args:
        project: what is written.
        directory: where.
        prepare: called with a folder in which the project is whole, before it appears; what it adds comes along.

    Returns:
        What was written, and what of the owner's was kept.

    Raises:
        UsageError: the directory holds something already, or another run is at work in it.
        TemplateError: a file would land outside of it.
        WriteError: the disk refused.
    """
    refuse_outside(project.files)
    check_target(directory)
    try:
        if directory.is_dir():
            return _move_in(project.files, directory, prepare)
        _appear(project.files, directory.resolve(), prepare)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "Nothing is there. Mend it and run again, or choose another directory."
        if was_at_work(directory):
            hint = "It is begun. Mend that and run again: the same command brings it to its end."
        raise WriteError(f"The project could not be written to '{directory}': {reason}.", hint) from None
    return Settled(project.files)


def _appear(files: Files, target: Path, prepare: Callable[[Path], None] | None) -> None:
    """Everything is written in a hidden folder, which takes the name of the topmost folder that is missing."""
    appearing = _topmost_missing(target)
    _remove_stale(appearing)
    staging = appearing.parent / f"{_prefix(appearing)}{secrets.token_hex(4)}"
    staging.mkdir()
    try:
        root = staging / target.relative_to(appearing)
        write_files(files, root)
        if prepare is not None:
            prepare(root)
        sync_below(staging)
        os.replace(staging, appearing)  # onto an empty directory or onto nothing
        sync(appearing.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)  # it has another name by now, if all went well


def _move_in(files: Files, folder: Path, prepare: Callable[[Path], None] | None) -> Settled:
    """All files move together into a folder that is there and stays the same one."""
    with alone_in(folder):
        if was_at_work(folder):
            complete(folder)
            if is_whole(files, folder):
                return settle(files, folder)
        check_target(folder)  # nobody else is at work in it now
        settled = settle(files, folder)
        try:
            change_together(folder, settled.written, (), beside=settled.beside, prepare=prepare)
        except BaseException:  # also Ctrl-C: with a journal it has happened, without one it never did
            complete(folder)
            with suppress(OSError):
                (folder / FOLDER).rmdir()
            raise
    return settled


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Refuses a folder that another run is at work in, also by a git that its killed run left behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.set_inheritable(descriptor, True)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"Another run is at work in '{folder}'.", "Wait for its end.") from None
        except OSError:  # some network file systems have no locks
            pass
        yield
    finally:
        os.close(descriptor)


def _topmost_missing(target: Path) -> Path:
    """The folder that has to appear: the target, or the highest missing one around it."""
    missing = [folder for folder in target.parents if not folder.exists()]
    return missing[-1] if missing else target


def _prefix(appearing: Path) -> str:
    return f".{appearing.name[:LONGEST_PREFIX]}.scaffold-"


def _remove_stale(appearing: Path) -> None:
    """Removes what killed runs for the same target left; a run that is still at work is younger."""
    for folder in appearing.parent.glob(".*"):
        is_ours = re.fullmatch(rf"{re.escape(_prefix(appearing))}[a-z0-9_]{{8}}", folder.name)
        if is_ours and time.time() - folder.lstat().st_mtime > STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def apply(
    outcome: Outcome, folder: Path, *, beside: Files | None = None, modes: Mapping[PurePosixPath, int] | None = None
) -> None:
    """Makes a change: files are written and removed, all of them or none.

    A process that is killed leaves the project as it was, or a journal by which `complete` finishes the change.

    Args:
        outcome: what becomes of each file.
        folder: the project's; who changes it holds it by `alone_in`.
        beside: more files of the record that are written in the same step.
        modes: permissions of written files, where they are known to the bit.

    Raises:
        TemplateError: a file would land outside of the folder.
        WriteError: the disk refused, or a file has been edited since it was looked at.
    """
    written, removed = outcome.written(), outcome.removed()
    refuse_outside({**written, **dict.fromkeys(removed, NO_FILE)})
    looked_at = [*written, *removed]
    now = read_theirs(folder, looked_at)
    for path in looked_at:
        if state_of(now.get(path)) != state_of(outcome.seen.get(path)):
            hint = "Nothing was changed. Run the command again."
            raise WriteError(f"'{folder / path}' has been edited in the meantime.", hint)
    if looked_at:
        change(folder, {**written, **(beside or {})}, removed, modes=modes)


def has_happened(outcome: Outcome, folder: Path) -> bool:
    """Whether a project is what a change makes of it.

    Raises:
        WriteError: a file cannot be read.
    """
    written, removed = outcome.written(), outcome.removed()
    now = read_theirs(folder, [*written, *removed])
    is_there = all(path in now and now[path].content == file.content for path, file in written.items())
    return is_there and not any(path in now and path not in written for path in removed)


def bring_to_an_end(folder: Path) -> bool | None:
    """Ends what a killed command left half done.

    Returns:
        Whether the change has happened now; None if nothing was left.

    Raises:
        WriteError: the disk refused.
    """
    if not was_at_work(folder):
        return None
    try:
        return complete(folder)
    except OSError as error:
        raise unchanged(folder, error) from None


def change(
    folder: Path,
    written: Files,
    removed: Iterable[PurePosixPath],
    *,
    modes: Mapping[PurePosixPath, int] | None = None,
) -> None:
    """Writes and removes files of a project in one step; what fails before it begins leaves nothing.

    Raises:
        WriteError: the disk refused.
    """
    try:
        complete(folder)
        try:
            change_together(folder, written, removed, modes=modes)
        except BaseException:  # also Ctrl-C: with a journal it has happened, without one it never did
            with suppress(OSError):
                complete(folder)
            raise
    except OSError as error:
        raise unchanged(folder, error) from None


NO_FILE = ProjectFile(b"", 0o644, "")
