"""A git repository for a new project, if its owner wants one: made before the project appears, so that it comes whole.

Git is kept from guessing an author, from the variables of a git that may have started us (a hook's `GIT_DIR` would
send the commit elsewhere), and from programs of its own that go on in a folder that is about to be renamed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError

MESSAGE = "Start from a torch-scaffold template"
LOCAL_VARIABLES = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"}
)
"""What git tells its hooks about their own repository."""
SETTINGS = ("user.useConfigOnly=true", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false")


@dataclass(frozen=True)
class Repository:
    """What came of a wish for a repository.

    Attributes:
        sentence: what there is now.
        is_complete: whether it has its first commit.
    """

    sentence: str
    is_complete: bool


def enclosing_work_tree(directory: Path) -> Path | None:
    """The git work tree that a directory, existing or not, lies in."""
    absolute = directory.resolve()
    return next((folder for folder in (absolute, *absolute.parents) if (folder / ".git").exists()), None)


def can_start(directory: Path) -> bool:
    """Whether there is anything to ask: git is installed, and the directory is in no work tree yet."""
    return shutil.which("git") is not None and enclosing_work_tree(directory) is None


def require_git() -> None:
    """Refuses a wish for a repository that cannot be had.

    Raises:
        UsageError: git is not installed.
    """
    if shutil.which("git") is None:
        raise UsageError("A git repository is asked for, and git is not installed.", "Install git, or say `--no-git`.")


def start_repository(folder: Path, *, target: Path) -> Repository:
    """Makes a repository and commits what is there; in one that is there already, only if it has no commit yet.

    Args:
        folder: where the project lies now.
        target: where it will be.
    """
    if (target / ".git").exists():
        return _commit_into((target / ".git").resolve(), folder)
    outer = enclosing_work_tree(target)
    where = f" inside the one at '{outer}'" if outer else ""
    if problem := _git(folder, "init", "--quiet"):
        return Repository(f"No git repository was made: {problem}", is_complete=False)
    if problem := _first_commit(folder):
        return Repository(f"A git repository was made{where}, without a commit: {problem}", is_complete=False)
    return Repository(f"A git repository was made{where}, with a first commit.", is_complete=True)


def _commit_into(repository: Path, folder: Path) -> Repository:
    """The first commit of somebody's repository is of what will lie in it; of others nothing is known."""
    there = (f"--git-dir={repository}", f"--work-tree={folder.resolve()}")
    if _git(folder, *there, "rev-parse", "--quiet", "--verify", "HEAD") is None:
        return Repository("The git repository that was there stays as it is; nothing was committed.", is_complete=True)
    if problem := _first_commit(folder, *there):
        return Repository(f"Nothing was committed in the git repository that was there: {problem}", is_complete=False)
    return Repository("The first commit was made in the git repository that was there.", is_complete=True)


def _first_commit(folder: Path, *there: str) -> str | None:
    if _git(folder, *there, "var", "GIT_COMMITTER_IDENT"):
        return "git does not know your `user.name` and `user.email`."
    add = _git(folder, *there, "add", "--ignore-removal", ".")  # what its owner staged besides stays
    return add or _git(folder, *there, "commit", "--quiet", "--message", MESSAGE)


def _git(folder: Path, *words: str) -> str | None:
    """Runs git there; what it complained about, or None."""
    done = run_git(folder, *words)
    if done.returncode == 0:
        return None
    command = next(word for word in words if not word.startswith("-"))
    return _last_line(done.stderr.decode(errors="replace")) or f"`git {command}` failed."


def run_git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Runs git in a folder, where it asks nothing and heeds no repository that the environment names."""
    return subprocess.run(
        ["git", *(word for setting in SETTINGS for word in ("-c", setting)), *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        close_fds=False,  # it shares our lock on the target, as long as it lives
    )


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].removeprefix("fatal: ").removeprefix("error: ")
