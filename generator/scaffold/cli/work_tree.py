"""What git knows of a project's folder, where there is git; the commands need none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .repository import enclosing_work_tree, run_git


def uncommitted(folder: Path) -> list[str]:
    """Files in a folder that git keeps and that are not as they were committed; none without git."""
    if shutil.which("git") is None or enclosing_work_tree(folder) is None:
        return []
    done = run_git(folder, "status", "--porcelain", "-z", "--untracked-files=no", "--", ".")
    if done.returncode != 0:  # somebody else's repository, a damaged one: it tells us nothing
        return []
    entries = [entry for entry in done.stdout.split(b"\0") if entry[2:3] == b" "]
    return [os.fsdecode(entry[3:]) for entry in entries]
