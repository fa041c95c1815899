"""The one module that writes to disk. A project appears by one rename, or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..build.project import Project, refuse_outside
from ..errors import UsageError, WriteError

STALE_SECONDS = 3600.0
"""Age at which a hidden folder beside the target is the leftover of a killed run: writing takes a second."""

SYNCING_THREADS = 16
"""Waiting for the disk one file after the other takes ten times as long."""


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
            staging.chmod(target.stat().st_mode if target.is_dir() else 0o777 & ~_umask())
            os.replace(staging, appearing)  # onto an empty directory or onto nothing
            _sync(appearing.parent)
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
    mask = _umask()
    root.mkdir(parents=True, exist_ok=True)
    for path, file in project.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(file.content)
        target.chmod(file.mode & ~mask)
    with ThreadPoolExecutor(SYNCING_THREADS) as threads:  # after all are written: the disk takes them together
        list(threads.map(_sync, [*staging.rglob("*"), staging]))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
