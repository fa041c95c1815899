from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.project import ProjectFile
from scaffold.errors import ScaffoldError, UsageError
from scaffold.life.theirs import check_target, settle

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

HINT = "Choose another one, or empty it first; a `.git`, README, LICENSE and .gitignore may stay."


def files(texts: Mapping[str, str]) -> dict[PurePosixPath, ProjectFile]:
    """A project's files."""
    return {PurePosixPath(path): ProjectFile(text.encode(), 0o644, "t") for path, text in texts.items()}


@pytest.mark.parametrize(
    "names",
    [
        [".git/HEAD"],
        [".git"],  # of a worktree or a submodule, it is a file
        [".git/HEAD", "README.md", "LICENSE", ".gitignore"],
        ["readme.rst", "LICENCE.txt", "COPYING", "NOTICE", ".gitattributes"],
        [".venv/bin/python", ".idea/x.xml", ".vscode/settings.json", ".DS_Store"],
        [".scaffold/change/journal.json", "src/p/train.py"],
    ],
)
def test_what_a_new_repository_holds_may_stay(tmp_path: Path, names: list[str]) -> None:
    """A repository without a project takes one, and so does a folder in which a killed run was at work."""
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    check_target(tmp_path)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda folder: (folder / "notes.txt").touch(), "'notes.txt'"),
        (lambda folder: (folder / "src").mkdir(), "'src'"),
        (lambda folder: [(folder / name).touch() for name in "abcde"], "'a', 'b', 'c' and 2 more"),
        (lambda folder: (folder / "README.md").mkdir(), "'README.md', which is no plain file"),
        (lambda folder: (folder / ".gitignore").symlink_to("nowhere"), "'.gitignore', which is no plain file"),
        (lambda folder: (folder / ".git").symlink_to("nowhere"), "'.git', a link that leads nowhere"),
        (lambda folder: (folder / ".scaffold").touch(), "'.scaffold'"),
        (lambda folder: (folder / ".scaffold").symlink_to(folder), "'.scaffold'"),
    ],
)
def test_anything_else_is_named(tmp_path: Path, refused: Refusal, make: Callable[[Path], None], named: str) -> None:
    """A folder that holds something else is refused, and what is in the way is named."""
    (tmp_path / ".git").mkdir() if named[1:5] != ".git" else None
    make(tmp_path)
    with refused(UsageError, f"The directory '{tmp_path}' is not empty: it holds {named}.", HINT):
        check_target(tmp_path)


def test_the_owners_files_stay(tmp_path: Path) -> None:
    """Of README and LICENSE the owner's stay; what the project has besides is written."""
    for name in ("README.md", "LICENSE"):
        (tmp_path / name).write_text("own")
    settled = settle(files({"README.md": "made", "src/a.py": "made"}), tmp_path)
    assert settled.written == files({"src/a.py": "made"})
    assert [str(path) for path in settled.kept] == ["README.md"]
    assert sorted(map(str, settled.beside)) == ["LICENSE", "README.md"]


@pytest.mark.parametrize(
    ("own", "joined"),
    [
        ("own\n", "/outputs/\n/data/\nown\n"),
        ("!/data/", "/outputs/\n/data/\n!/data/"),
        ("/data/\r\nown\r\n", "/outputs/\n/data/\r\nown\r\n"),
        ("", "/outputs/\n/data/\n"),
    ],
)
def test_ignored_files_of_both_are_ignored(tmp_path: Path, own: str, joined: str) -> None:
    """The project's lines that an owner's list lacks come before the owner's, which decide: the last one that fits."""
    (tmp_path / ".gitignore").write_bytes(own.encode())
    settled = settle(files({".gitignore": "/outputs/\n/data/\n"}), tmp_path)
    assert settled.written == files({".gitignore": joined})
    assert ([str(path) for path in settled.joined], settled.kept) == ([".gitignore"], ())


def test_a_list_that_has_all_lines_stays(tmp_path: Path) -> None:
    """An owner's list of the same lines and more is not touched, and not spoken of."""
    (tmp_path / ".gitignore").write_text("/data/\nown\n/outputs/\n")
    settled = settle(files({".gitignore": "/outputs/\n/data/\n"}), tmp_path)
    assert (dict(settled.written), settled.kept, settled.joined) == ({}, (), ())


def test_a_clash_is_named(tmp_path: Path, refused: Refusal) -> None:
    """What may stay in a folder, but not where this project has a file of its own, is named."""
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode/settings.json").write_text("own")
    message = f"'{tmp_path}' holds '.vscode/settings.json' already, where the project has its own."
    with refused(UsageError, message, "Move it away, or choose another directory."):
        settle(files({".vscode/settings.json": "made"}), tmp_path)
