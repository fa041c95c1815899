"""What is written is as open as the user's other files, and on the disk: synced, many at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from ..build.project import ProjectFile

SYNCING_THREADS = 16
"""Waiting for the disk one file after the other takes ten times as long."""


def write_files(files: Mapping[PurePosixPath, ProjectFile], root: Path) -> None:
    """Writes files below a folder, which is made.

    The system gives them the permissions that a new file has there (umask, inherited groups and access lists);
    a program may be run by whoever may read it.
    """
    root.mkdir(parents=True, exist_ok=True)
    for path, file in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(file.content)
        if file.mode & 0o100:
            mode = target.stat().st_mode
            target.chmod(mode | (mode & 0o444) >> 2)


def sync(path: Path) -> None:
    """Waits until a file, or the list of a folder's files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_below(folder: Path) -> None:
    """Waits until a folder and all below it are on the disk."""
    paths = [path for path in folder.rglob("*") if not path.is_symlink() and (path.is_file() or path.is_dir())]
    with ThreadPoolExecutor(SYNCING_THREADS) as threads:  # after all are written: the disk takes them together
        list(threads.map(sync, [*paths, folder]))
