"""Several files of a folder change together, or not at all, whenever the process is killed.

The new files are written and synced in a folder of their own. Then a journal that lists what is to be done appears
by one rename: from here on the change happens. Each step can be done twice, so whoever comes after a kill does all
of them again; without a journal there was no change, and what lies there is removed. A folder that is missing
takes its place by one rename, with all that is in it.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeGuard, cast

from ..build.project import ProjectFile
from ..errors import WriteError
from .record import FOLDER
from .sync import sync, sync_below, write_files

STAGING = FOLDER / "change"
"""Where the new files wait, by their paths in `NEW`, and the journal."""
NEW = STAGING / "new"
JOURNAL = STAGING / "journal.json"


def change_together(
    folder: Path,
    written: Mapping[PurePosixPath, ProjectFile],
    removed: Iterable[PurePosixPath],
    *,
    beside: Mapping[PurePosixPath, ProjectFile] | None = None,
    prepare: Callable[[Path], None] | None = None,
    modes: Mapping[PurePosixPath, int] | None = None,
) -> None:
    """Writes and removes files below a folder, all or none of them.

    Args:
        folder: what they are below.
        written: the new files.
        removed: the files that go.
        beside: files of the folder that `prepare` sees beside the new ones.
        prepare: called with a folder in which the new files lie; what it adds at the top of it comes along.
        modes: permissions of new files, where they are known to the bit.

    Raises:
        OSError: the disk refused.
    """
    staging, new = folder / STAGING, folder / NEW
    removed = list(removed)
    if any((folder / each).is_symlink() for each in (FOLDER, STAGING)):  # it would lead what is written elsewhere
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder / STAGING))
    _check_open(folder, [*written, *removed])
    new.mkdir(parents=True)
    write_files({**(beside or {}), **written}, new)
    for path in written:
        _keep_mode(folder / path, new / path)
    for path, mode in (modes or {}).items():
        (new / path).chmod(mode)
    before = set(os.listdir(new))
    if prepare is not None:
        prepare(new)
    added = sorted(set(os.listdir(new)) - before)
    roots = dict.fromkeys(str(_missing_root(folder, path)) for path in written)
    steps = {"written": [*added, *roots], "removed": [str(path) for path in removed]}
    draft = staging / "draft"
    draft.write_text(json.dumps(steps), encoding="utf-8")
    sync_below(staging)
    draft.replace(folder / JOURNAL)
    sync(staging)
    _redo(folder, steps["written"], steps["removed"])


def complete(folder: Path) -> bool:
    """Brings a change that was killed to its end, or takes it back if it had not begun.

    Returns:
        Whether the change has happened now.

    Raises:
        WriteError: the journal is none of ours.
        OSError: the disk refused.
    """
    if not (folder / STAGING).is_dir() or (folder / STAGING).is_symlink():
        return False
    if not (folder / JOURNAL).is_file():
        shutil.rmtree(folder / STAGING)
        return False
    _redo(folder, *_read(folder / JOURNAL))
    return True


def _check_open(folder: Path, paths: Iterable[PurePosixPath]) -> None:
    """Refuses a change that a folder on the way would stop in its middle."""
    for around in {(folder / _missing_root(folder, path)).parent for path in paths}:
        if not os.access(around, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(around))


def _keep_mode(old: Path, new: Path) -> None:
    """A file that takes another's place is as open as that one; whether it is a program, it knows itself."""
    if old.is_file() and not old.is_symlink():
        mode = stat.S_IMODE(old.stat().st_mode) & 0o777
        if not new.stat().st_mode & 0o100:
            mode &= ~0o111
        elif not mode & 0o100:
            mode |= (mode & 0o444) >> 2
        new.chmod(mode)


def _missing_root(folder: Path, path: PurePosixPath) -> PurePosixPath:
    """The highest folder on the way to a new file that is missing, or the file."""
    around = [parent for parent in reversed(path.parents) if parent.parts]
    return next((parent for parent in around if not os.path.lexists(folder / parent)), path)


def _redo(folder: Path, written: list[str], removed: list[str]) -> None:
    """Does every step that is not done yet, and then forgets the journal."""
    touched = {folder / FOLDER}
    for path in map(PurePosixPath, removed):
        if _leads_inside(folder, path):
            (folder / path).unlink(missing_ok=True)
            touched.add(_remove_empty(folder, (folder / path).parent))
    for path in map(PurePosixPath, written):
        staged = folder / NEW / path
        if staged.exists() and _leads_inside(folder, path):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            staged.replace(folder / path)
        touched |= {each for each in (folder / path).parents if each.is_relative_to(folder) and each.is_dir()}
    for each in touched:
        if each.is_dir():
            sync(each)
    (folder / JOURNAL).unlink()
    sync(folder / STAGING)  # a journal that came back with the power would undo what the owner did meanwhile
    shutil.rmtree(folder / STAGING)


def _read(journal: Path) -> tuple[list[str], list[str]]:
    try:
        document: Any = json.loads(journal.read_text(encoding="utf-8"))
        written, removed = document["written"], document["removed"]
    except (ValueError, TypeError, KeyError, RecursionError):
        written, removed = None, None
    if not (_is_inside(written) and _is_inside(removed)):
        raise WriteError(f"'{journal}' is no journal of a change.", "Remove its folder, and run again.")
    return written, removed


def _is_inside(paths: Any) -> TypeGuard[list[str]]:
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in cast("list[Any]", paths)):
        return False
    parts = [PurePosixPath(path) for path in cast("list[str]", paths)]
    return not any(path.is_absolute() or ".." in path.parts or not path.parts for path in parts)


def _leads_inside(folder: Path, path: PurePosixPath) -> bool:
    """Whether no link stands on the way: the owner may have put one there, and it may lead anywhere."""
    return not any((folder / parent).is_symlink() for parent in path.parents)


def _remove_empty(folder: Path, emptied: Path) -> Path:
    """Removes folders that nothing is left in; the first that stays."""
    while emptied != folder and emptied.is_dir() and not any(emptied.iterdir()):
        emptied.rmdir()
        emptied = emptied.parent
    return emptied
