import os
import subprocess
from pathlib import Path

import pytest

NEW = ("new", "trial", "-t", "poem", "--templates", "templates", "--git", "--yes")
AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A"), ("EMAIL", "a@b.c"))
}


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
    """Without a name and an email the project and the repository are there, without a commit by a guessed author."""
    ended = scaffold(*NEW)
    assert (ended.code, sentence(ended)) == (
        0,
        "A git repository was made, without a commit: git does not know your `user.name` and `user.email`.",
    )
    assert "?? poem.txt" in git(folder / "trial", "status", "--porcelain")


def test_no_git(scaffold, folder):
    """Where git is not installed, the project is written and one sentence says what is missing."""
    ended = scaffold(*NEW, PATH=str(folder))
    assert (ended.code, sentence(ended)) == (0, "No git repository was made: git is not installed.")
    assert (folder / "trial/poem.txt").exists()


def test_never_inside_a_work_tree(scaffold, folder, git):
    """Inside a repository no second one is made, and the outer one is named."""
    git(folder, "init", "--quiet")
    ended = scaffold(*NEW, **AUTHOR)
    outer = Path(os.path.realpath(folder))
    assert sentence(ended) == f"No git repository was made: the project lies in the one at '{outer}'."
    assert not (folder / "trial/.git").exists()


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
    """What git complains about is repeated, and the project stays."""
    (folder / "hooks").mkdir()
    (folder / "hooks/pre-commit").write_text("#!/bin/sh\necho 'fatal: no commits on Mondays' >&2\nexit 1\n")
    (folder / "hooks/pre-commit").chmod(0o755)
    (folder / "config").write_text(f"[core]\nhooksPath = {folder / 'hooks'}\n")
    ended = scaffold(*NEW, GIT_CONFIG_GLOBAL=str(folder / "config"), **AUTHOR)
    assert (ended.code, sentence(ended)) == (
        0,
        "A git repository was made, without a commit: no commits on Mondays",
    )
    assert (folder / "trial/poem.txt").exists()


def test_interrupted_too_late(scaffold, folder):
    """Ctrl-C while git is at work says that the project is there, and exits with 130."""
    (folder / "hooks").mkdir()
    hook = "#!/bin/sh\nkill -INT $(ps -o ppid= -p $PPID)\nsleep 5\n"  # git's parent is the command
    (folder / "hooks/pre-commit").write_text(hook)
    (folder / "hooks/pre-commit").chmod(0o755)
    (folder / "config").write_text(f"[core]\nhooksPath = {folder / 'hooks'}\n")
    ended = scaffold(*NEW, GIT_CONFIG_GLOBAL=str(folder / "config"), **AUTHOR)
    assert (ended.code, ended.out, ended.err) == (
        130,
        "",
        "Error: Interrupted, too late.\nHint:  The project is at 'trial'; remove it, or finish `git init`.\n",
    )
    assert (folder / "trial/poem.txt").exists()


def test_git_is_not_asked_about_inside_a_work_tree(terminal, folder, git):
    """On a terminal inside a repository the question is left out, also from the summary."""
    git(folder, "init", "--quiet")
    words = ["trial", "-t", "poem", "--backend", "auto", "--set", "loggers=", "--set", "lines=1"]
    window = terminal("new", "--templates", "templates", *words).see("> Write it")
    assert "Git" not in window.text()
    window.press("enter")
    assert window.end() == 0
