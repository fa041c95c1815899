import os
import re
import subprocess
import time
from pathlib import Path

import pytest

NEW = ("new", "trial", "-t", "poem", "--templates", "templates", "--git", "--yes")
AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A"), ("EMAIL", "a@b.c"))
}

AS_A = ("-c", "user.name=A", "-c", "user.email=a@b.c")


@pytest.fixture
def git(environment):
    """What git prints in a folder."""

    def run(place, *words):
        done = subprocess.run(["git", *words], cwd=place, env=environment(), capture_output=True, text=True, check=True)
        return done.stdout

    return run


def sentence(ended):
    """The line of the report after its first."""
    return ended.out.splitlines()[1]


def test_first_commit(scaffold, folder, git):
    """`--git` makes a repository whose one commit has every file, and says so."""
    ended = scaffold(*NEW, **AUTHOR)
    assert (ended.code, sentence(ended)) == (0, "A git repository was made, with a first commit.")
    project = folder / "trial"
    files = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    assert set(git(project, "ls-files").split()) == {file for file in files if not file.startswith(".git/")}
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "--format=%s by %an") == "Start from a torch-scaffold template by A\n"


def test_only_if_asked(scaffold, folder):
    """Without `--git`, and with `--no-git`, there is no repository."""
    for place, words in (("trial", []), ("other", ["--no-git"])):
        assert scaffold("new", place, "-t", "poem", "--templates", "templates", *words, **AUTHOR).code == 0
        assert not (folder / place / ".git").exists()


def test_git_that_knows_no_author(scaffold, folder, git):
    """Without a name and an email the project and the repository are there, without a commit by a guessed author.

    The exit code says that something was asked for and is missing.
    """
    ended = scaffold(*NEW)
    assert (ended.code, sentence(ended)) == (
        1,
        "A git repository was made, without a commit: git does not know your `user.name` and `user.email`.",
    )
    assert "?? poem.txt" in git(folder / "trial", "status", "--porcelain")


def test_no_git(scaffold, folder):
    """Where git is not installed, a wish for it is refused before anything is written."""
    ended = scaffold(*NEW, PATH=str(folder))
    assert (ended.code, ended.err) == (
        2,
        "Error: A git repository is asked for, and git is not installed.\nHint:  Install git, or say `--no-git`.\n",
    )
    assert not (folder / "trial").exists()


def test_inside_a_work_tree(scaffold, folder, git):
    """`--git` insists inside a repository: the project has its own, with a commit, and the outer one is named."""
    git(folder, "init", "--quiet")
    ended = scaffold(*NEW, **AUTHOR)
    outer = Path(os.path.realpath(folder))
    assert sentence(ended) == f"A git repository was made inside the one at '{outer}', with a first commit."
    assert git(folder / "trial", "log", "--format=%an") == "A\n"


def test_a_folder_with_a_repository(scaffold, folder, git):
    """A repository that is there already, also a worktree's, gets the project and no commit of ours."""
    (folder / "main").mkdir()
    git(folder / "main", "init", "--quiet")
    git(folder / "main", *AS_A, "commit", "--quiet", "--allow-empty", "--message", "own")
    git(folder / "main", "worktree", "add", "--quiet", "../trial")
    ended = scaffold(*NEW, **AUTHOR)
    assert ended.code == 0, ended.err
    assert sentence(ended) == "The git repository that was there stays as it is; nothing was committed."
    assert git(folder / "trial", "log", "--format=%s") == "own\n"
    assert "?? poem.txt" in git(folder / "trial", "status", "--porcelain")


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_repository_without_a_commit(scaffold, folder, git, is_killed):
    """`git init`, a file, and `scaffold new . --git`: the first commit has both, also where a first run was killed."""
    (folder / "trial").mkdir()
    git(folder / "trial", "init", "--quiet")
    (folder / "trial/README.md").write_text("own")
    (folder / "trial/.vscode").mkdir()
    (folder / "trial/.vscode/own").touch()
    git(folder / "trial", "add", ".vscode/own")
    if is_killed:
        (folder / "hooks").mkdir()
        (folder / "hooks/post-commit").write_text("#!/bin/sh\nkill -KILL $(ps -o ppid= -p $PPID)\n")
        (folder / "hooks/post-commit").chmod(0o755)
        (folder / "config").write_text(f"[core]\nhooksPath = {folder / 'hooks'}\n")
        assert scaffold(*NEW, GIT_CONFIG_GLOBAL=str(folder / "config"), **AUTHOR).code == -9
        assert not (folder / "trial/poem.txt").exists()
        while (ended := scaffold(*NEW, **AUTHOR)).err.startswith("Error: Another run is at work"):
            time.sleep(0.01)
    else:
        ended = scaffold(*NEW, **AUTHOR)
        assert ended.out.splitlines()[2] == "The first commit was made in the git repository that was there."
    assert ended.code == 0, ended.err
    assert git(folder / "trial", "log", "--format=%s") == "Start from a torch-scaffold template\n"
    assert git(folder / "trial", "status", "--porcelain") == ""
    assert git(folder / "trial", "show", "HEAD:README.md") == "own"
    assert {"poem.txt", ".vscode/own"} <= set(git(folder / "trial", "ls-files").split())


def test_a_first_commit_takes_in_what_was_there(scaffold, folder, git):
    """In a folder with a README and a LICENSE of the owner, the first commit has theirs and the project's files."""
    (folder / "trial").mkdir()
    for name in ("README.md", "LICENSE"):
        (folder / "trial" / name).write_text("own")
    ended = scaffold(*NEW, **AUTHOR)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[1:3] == [
        "Your own stays, instead of the project's: 'README.md'.",
        "A git repository was made, with a first commit.",
    ]
    assert git(folder / "trial", "status", "--porcelain") == ""
    assert git(folder / "trial", "show", "HEAD:README.md") == git(folder / "trial", "show", "HEAD:LICENSE") == "own"
    assert "poem.txt" in git(folder / "trial", "ls-files").split()


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("hook", ["pre-commit", "post-commit"])
def test_killed_while_git_is_at_work(scaffold, folder, git, hook, is_there):
    """A run that is killed before or after git's commit leaves no half project, and the same one makes all of it."""
    if is_there:
        (folder / "trial").mkdir()
    (folder / "hooks").mkdir()
    kill = f"#!/bin/sh\necho $PPID > {folder / 'git'}\nkill -KILL $(ps -o ppid= -p $PPID)\n"  # git's parent
    (folder / "hooks" / hook).write_text(kill)
    (folder / "hooks" / hook).chmod(0o755)
    (folder / "config").write_text(f"[core]\nhooksPath = {folder / 'hooks'}\n")
    assert scaffold(*NEW, GIT_CONFIG_GLOBAL=str(folder / "config"), **AUTHOR).code == -9
    assert [path.name for path in (folder / "trial").glob("*")] == ([".scaffold"] if is_there else [])
    while Path("/proc", (folder / "git").read_text().strip()).exists():  # git outlives the command
        time.sleep(0.01)
    ended = scaffold(*NEW, **AUTHOR)
    assert (ended.code, sentence(ended)) == (0, "A git repository was made, with a first commit."), ended.err
    assert git(folder / "trial", "log", "--format=%s") == "Start from a torch-scaffold template\n"
    assert git(folder / "trial", "status", "--porcelain") == ""


def test_started_by_a_hook(scaffold, folder, git):
    """The variables that git gives its hooks do not lead the commit into the hook's repository."""
    (folder / "outer").mkdir()
    git(folder / "outer", "init", "--quiet")
    ended = scaffold(
        *NEW, GIT_DIR=str(folder / "outer/.git"), GIT_INDEX_FILE=str(folder / "outer/.git/index"), **AUTHOR
    )
    assert sentence(ended) == "A git repository was made, with a first commit."
    assert git(folder / "trial", "log", "--format=%an") == "A\n"


def test_commit_that_fails(scaffold, folder):
    """What git complains about is repeated, the project stays, and the exit code says that something is missing."""
    (folder / "hooks").mkdir()
    (folder / "hooks/pre-commit").write_text("#!/bin/sh\necho 'fatal: no commits on Mondays' >&2\nexit 1\n")
    (folder / "hooks/pre-commit").chmod(0o755)
    (folder / "config").write_text(f"[core]\nhooksPath = {folder / 'hooks'}\n")
    ended = scaffold(*NEW, GIT_CONFIG_GLOBAL=str(folder / "config"), **AUTHOR)
    assert (ended.code, sentence(ended)) == (
        1,
        "A git repository was made, without a commit: no commits on Mondays",
    )
    assert (folder / "trial/poem.txt").exists()


@pytest.mark.parametrize(
    ("signal", "code", "said"),
    [("INT", 130, "Interrupted; nothing was written.\n"), ("TERM", 143, ""), ("HUP", 129, "")],
)
@pytest.mark.parametrize("is_there", [False, True])
def test_stopped_while_git_is_at_work(scaffold, folder, signal, code, said, is_there):
    """Ctrl-C, or another signal to end, while git makes the commit leaves nothing: the project had not appeared yet."""
    if is_there:
        (folder / "trial").mkdir()
    (folder / "hooks").mkdir()
    hook = f"#!/bin/sh\nkill -{signal} $(ps -o ppid= -p $PPID)\nsleep 5\n"  # git's parent is the command
    (folder / "hooks/pre-commit").write_text(hook)
    (folder / "hooks/pre-commit").chmod(0o755)
    (folder / "config").write_text(f"[core]\nhooksPath = {folder / 'hooks'}\n")
    before = sorted(folder.rglob("*"))
    ended = scaffold(*NEW, GIT_CONFIG_GLOBAL=str(folder / "config"), **AUTHOR)
    assert (ended.code, ended.out, ended.err) == (code, "", said)
    assert sorted(folder.rglob("*")) == before


def test_git_is_not_asked_about_inside_a_work_tree(terminal, folder, git):
    """On a terminal inside a repository the question is left out, also from the summary."""
    git(folder, "init", "--quiet")
    words = ["trial", "-t", "poem", "--backend", "auto", "--set", "loggers=", "--set", "lines=1"]
    window = terminal("new", "--templates", "templates", *words).see("> Write it")
    assert "Git" not in window.text()
    window.press("enter")
    assert window.end() == 0


def test_a_wish_for_git_is_shown_inside_a_work_tree(terminal, folder, git):
    """On a terminal inside a repository, `--git` is a line of the summary, where it can be taken back."""
    git(folder, "init", "--quiet")
    words = ["trial", "-t", "poem", "--backend", "auto", "--set", "loggers=", "--set", "lines=1", "--git"]
    window = terminal("new", "--templates", "templates", *words).see("> Write it")
    assert re.search(r"Git +yes", window.text())
    window.press("ctrl-c")
    assert window.end() == 130
