"""What is written is on the disk: files and folders are synced, many at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SYNCING_THREADS = 16
"""Waiting for the disk one file after the other takes ten times as long."""


def sync(path: Path) -> None:
    """Waits until a file, or the list of a folder's files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_below(folder: Path) -> None:
    """Waits until a folder and all below it are on the disk."""
    with ThreadPoolExecutor(SYNCING_THREADS) as threads:  # after all are written: the disk takes them together
        list(threads.map(sync, [*folder.rglob("*"), folder]))


def umask() -> int:
    """The permissions that the user's new files do not have."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
