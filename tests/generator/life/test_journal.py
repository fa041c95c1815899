from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.project import ProjectFile
from scaffold.errors import ScaffoldError, WriteError
from scaffold.life.journal import JOURNAL, NEW, change_together, complete

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

NUM_FILES = 4
CHANGER = f"""
import itertools, os, sys
from pathlib import Path, PurePosixPath
from scaffold.build.project import ProjectFile
from scaffold.life.journal import change_together
written = {{PurePosixPath(f"src/new/m{{n}}.py"): ProjectFile(b"new" * 500, 0o755, "t") for n in range({NUM_FILES})}}
written |= {{PurePosixPath(f"src/p/m{{n}}.py"): ProjectFile(b"new" * 500, 0o644, "t") for n in range({NUM_FILES})}}
removed = [PurePosixPath(f"gone/m{{n}}.py") for n in range({NUM_FILES})]
steps = {{"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"}}
for number, folder in enumerate(sys.stdin):
    child = os.fork()
    if not child:
        seen = itertools.count()
        sys.addaudithook(lambda event, _: event in steps and next(seen) == number and os.kill(os.getpid(), 9))
        change_together(Path(folder.strip()), written, removed)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Changes folder after folder, and is killed at the first step on the disk, at the second, and so on."""


def project(folder: Path) -> Path:
    """A folder with files to replace, files to remove and a file of the owner."""
    for number in range(NUM_FILES):
        for place in ("src/p", "gone"):
            (folder / place).mkdir(parents=True, exist_ok=True)
            (folder / place / f"m{number}.py").write_bytes(b"old" * 500)
    (folder / ".scaffold").mkdir()
    (folder / "own.txt").write_text("own")
    return folder


def state(folder: Path) -> str:
    """Whether the folder is as it was, as it shall be, or neither."""
    contents = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    old = {f"{place}/m{number}.py": b"old" * 500 for place in ("src/p", "gone") for number in range(NUM_FILES)}
    new = {f"{place}/m{number}.py": b"new" * 500 for place in ("src/p", "src/new") for number in range(NUM_FILES)}
    own = {"own.txt": b"own"}
    return "old" if contents == old | own else "new" if contents == new | own else "neither"


def test_a_kill_leaves_all_or_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    """Killed at any step, and completed by whoever comes next, a change has happened to every file or to none."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHANGER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    outcomes: list[tuple[str, bool]] = []
    status = signal.SIGKILL
    while status == signal.SIGKILL:
        folder = project(tmp_path / str(len(outcomes)))
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        status = int(process.stdout.readline())
        was_begun = state(folder) == "neither"
        completed = complete(folder)
        outcomes.append((state(folder), was_begun))
        assert not completed or state(folder) == "new"
        assert list((folder / ".scaffold").iterdir()) == []
        assert complete(folder) is False
    process.communicate()
    assert (status, outcomes[0][0], outcomes[-1][0]) == (0, "old", "new")
    assert {outcome for outcome, _ in outcomes} == {"old", "new"}, outcomes
    assert any(was_begun for _, was_begun in outcomes), outcomes  # else no kill came while a change was at work


def journal(folder: Path, text: str, staged: dict[str, str] | None = None) -> Path:
    """A folder with a journal that somebody left, and files that wait."""
    (folder / NEW).mkdir(parents=True)
    (folder / JOURNAL).write_text(text)
    for path, content in (staged or {}).items():
        (folder / NEW / path).parent.mkdir(exist_ok=True)
        (folder / NEW / path).write_text(content)
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"written": [1], "removed": []}',
        '{"written": ["../x"], "removed": []}',
        '{"written": [], "removed": ["/x"]}',
        '{"written": [], "removed": [""]}',
    ],
)
def test_a_journal_that_is_none_is_refused(tmp_path: Path, refused: Refusal, text: str) -> None:
    """A damaged journal, and one that leads out of the project, does nothing and is named."""
    folder = journal(tmp_path / "p", text)
    message = f"'{folder / JOURNAL}' is no journal of a change."
    with refused(WriteError, message, "Remove its folder, and run again."):
        complete(folder)


def test_a_step_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    """A file that has its place, and one that is removed, are no obstacle."""
    folder = journal(tmp_path / "p", json.dumps({"written": ["a", "b/c"], "removed": ["d"]}), {"b/c": "new"})
    (folder / "a").write_text("moved already")
    assert complete(folder)
    assert ((folder / "a").read_text(), (folder / "b/c").read_text()) == ("moved already", "new")


def test_a_link_on_the_way_is_not_followed(tmp_path: Path) -> None:
    """Where the owner has put a link, nothing is written or removed behind it."""
    folder = journal(tmp_path / "p", json.dumps({"written": ["out/a"], "removed": ["out/b"]}), {"out/a": "new"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b").touch()
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    assert complete(folder)
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["b"]


def test_folders_that_nothing_is_left_in_go(tmp_path: Path) -> None:
    """A folder goes with its last file, and stays while the owner has something there."""
    for path in ("a/b/c.py", "d/e.py", "d/own.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    change_together(tmp_path, {}, [PurePosixPath("a/b/c.py"), PurePosixPath("d/e.py")])
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [".scaffold", "d", "d/own.txt"]


def test_new_files_are_as_open_as_others(tmp_path: Path) -> None:
    """A program stays one, whatever it replaces."""
    change_together(tmp_path, {PurePosixPath("run"): ProjectFile(b"", 0o755, "t")}, [])
    assert (tmp_path / "run").stat().st_mode & 0o100
