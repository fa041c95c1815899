"""A git repository for a new project, if its owner wants one.

The project is complete without it, so nothing here fails a command: what git cannot or will not do
becomes one sentence. Git is kept from guessing an author and from the variables of a git that may
have started us (a hook's `GIT_DIR` would send the commit elsewhere).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

MESSAGE = "Start from a torch-scaffold template"
LOCAL_VARIABLES = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"}
)
"""What git tells its hooks about their own repository."""


def enclosing_work_tree(directory: Path) -> Path | None:
    """The git work tree that a directory, existing or not, lies in."""
    absolute = directory.resolve()
    return next((folder for folder in (absolute, *absolute.parents) if (folder / ".git").exists()), None)


def can_start(directory: Path) -> bool:
    """Whether there is anything to ask: git is installed, and the directory is in no work tree yet."""
    return shutil.which("git") is not None and enclosing_work_tree(directory) is None


def start_repository(directory: Path) -> str:
    """Makes a repository in a directory and commits what is there.

    Returns:
        A sentence that says what there is now.
    """
    if outer := enclosing_work_tree(directory):
        return f"No git repository was made: the project lies in the one at '{outer}'."
    if shutil.which("git") is None:
        return "No git repository was made: git is not installed."
    if problem := _git(directory, "init", "--quiet"):
        return f"No git repository was made: {problem}"
    return _first_commit(directory)


def _first_commit(directory: Path) -> str:
    if _git(directory, "var", "GIT_COMMITTER_IDENT"):
        return "A git repository was made, without a commit: git does not know your `user.name` and `user.email`."
    problem = _git(directory, "add", "--all") or _git(directory, "commit", "--quiet", "--message", MESSAGE)
    if problem:
        return f"A git repository was made, without a commit: {problem}"
    return "A git repository was made, with a first commit."


def _git(directory: Path, *words: str) -> str | None:
    """Runs git there; what it complained about, or None."""
    done = subprocess.run(
        ["git", "-c", "user.useConfigOnly=true", *words],
        cwd=directory,
        env={name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return None if done.returncode == 0 else _last_line(done.stderr) or f"`git {words[0]}` failed."


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].removeprefix("fatal: ").removeprefix("error: ")
