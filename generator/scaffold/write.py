"""The one module that writes to disk. A project appears by one rename, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .errors import UsageError, WriteError
from .project import Project


def check_target(directory: Path) -> None:
    """Refuses a directory that a project cannot appear in; nothing is touched.

    Raises:
        UsageError: it holds something already, or it is no directory.
    """
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise UsageError(f"'{directory}' is there already, and is no directory.", "Choose another directory.")
    if directory.is_dir() and any(directory.iterdir()):
        raise UsageError(f"The directory '{directory}' is not empty.", "Choose another one, or empty it first.")


def write_project(project: Project, directory: Path) -> None:
    """Writes the project to `directory`, which may exist if it is empty.

    Everything is written and synced in a hidden folder beside the target, which then takes its name. A
    kill leaves at worst that hidden folder.

    Raises:
        UsageError: the directory holds something already.
        WriteError: the disk refused.
    """
    check_target(directory)
    target = directory.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.scaffold-", dir=target.parent))
    except OSError as error:
        raise _refused(directory, error) from None
    try:
        _write_files(project, staging)
        staging.chmod(0o777 & ~_umask())
        os.replace(staging, target)  # onto an empty directory or onto nothing
        _sync(target.parent)
    except OSError as error:
        raise _refused(directory, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_files(project: Project, root: Path) -> None:
    folders = {root}
    for path, file in project.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        folders.add(target.parent)
        with target.open("wb") as stream:
            stream.write(file.content)
        target.chmod(file.mode & ~_umask())
    os.sync()  # once for all files: a sync for each would take longer than everything else


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refused(directory: Path, error: OSError) -> WriteError:
    reason = error.strerror or str(error)
    return WriteError(
        f"The project could not be written to '{directory}': {reason}.", "Nothing is there; mend it and run again."
    )
