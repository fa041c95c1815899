from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.names import project_name
from scaffold.build.project import Origin, Project, ProjectFile
from scaffold.errors import ScaffoldError, TemplateError, UsageError, WriteError
from scaffold.life.apply import STALE_SECONDS, apply, check_target, read_theirs, write_project
from scaffold.life.changes import Changes, Kind, changes

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

KILLS = 50
FILES = {
    PurePosixPath("README.md"): ProjectFile(b"# p\n", 0o644, "t"),
    PurePosixPath("bin/run"): ProjectFile(b"#!/bin/sh\n", 0o755, "t"),
    **{PurePosixPath(f"src/p/m{number}.py"): ProjectFile(b"x = 1\n" * 500, 0o644, "t") for number in range(30)},
}
ORIGIN = Origin(project_name("p"), "t", {})
PROJECT = Project(ORIGIN, FILES)

WRITER = """
import sys
from pathlib import Path, PurePosixPath
from scaffold.build.names import project_name
from scaffold.build.project import Origin, Project, ProjectFile
from scaffold.life.apply import write_project
files = {PurePosixPath(f"src/p/m{n}.py"): ProjectFile(b"x = 1\\n" * 500, 0o644, "t") for n in range(30)}
project = Project(Origin(project_name("p"), "t", {}), files)
print("ready", flush=True)
sys.stdin.readline()
write_project(project, Path(sys.argv[1]))
print("done", flush=True)
"""


def tree(folder: Path) -> dict[PurePosixPath, bytes]:
    """The files below a folder."""
    return {
        PurePosixPath(path.relative_to(folder).as_posix()): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def content() -> dict[PurePosixPath, bytes]:
    """The bytes that the project should have on disk."""
    return {path: file.content for path, file in FILES.items()}


@pytest.mark.parametrize("target", ["p", "a/b/p", "a/../p"])
def test_a_project_is_written_whole(tmp_path: Path, target: str) -> None:
    """All files are there with their bytes, folders above the target are made, and nothing else is left."""
    write_project(PROJECT, tmp_path / target)
    assert tree((tmp_path / target).resolve()) == content()
    assert len(list(tmp_path.iterdir())) == 1


def test_an_empty_directory_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty directory becomes the project, also as `.`, and keeps its mode."""
    (tmp_path / "p").mkdir(mode=0o750)
    monkeypatch.chdir(tmp_path / "p")
    write_project(PROJECT, Path())
    assert tree(tmp_path / "p") == content()
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o750


@pytest.mark.parametrize(("umask", "modes"), [(0o022, (0o755, 0o755, 0o644)), (0o077, (0o700, 0o700, 0o600))])
def test_modes_follow_the_umask(tmp_path: Path, umask: int, modes: tuple[int, int, int]) -> None:
    """The project's folder, its programs and its texts are as open as the user's other files."""
    before = os.umask(umask)
    try:
        write_project(PROJECT, tmp_path / "p")
    finally:
        os.umask(before)
    found = [stat.S_IMODE((tmp_path / path).stat().st_mode) for path in ("p", "p/bin/run", "p/README.md")]
    assert tuple(found) == modes


def a_file(path: Path) -> str:
    """Puts a file at the path; what is said of it."""
    path.write_text("x")
    return "is there already, and is no directory."


def a_link(path: Path) -> str:
    """Puts a link to an empty directory at the path; what is said of it."""
    (path.parent / "empty").mkdir()
    path.symlink_to(path.parent / "empty")
    return "is there already, and is no directory."


@pytest.mark.parametrize("make", [a_file, a_link])
def test_no_directory_is_refused(tmp_path: Path, refused: Refusal, make: Callable[[Path], str]) -> None:
    """A file, and a link even to an empty directory, stay as they are."""
    target = tmp_path / "p"
    fault = make(target)
    before = sorted(tmp_path.rglob("*"))
    with refused(UsageError, f"'{target}' {fault}", "Choose another directory."):
        write_project(PROJECT, target)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_directory_that_holds_anything_is_refused(tmp_path: Path, refused: Refusal) -> None:
    """A directory with no more than a hidden entry stays as it is."""
    (tmp_path / "p/.git").mkdir(parents=True)
    hint = "Choose another one, or empty it first."
    with refused(UsageError, f"The directory '{tmp_path / 'p'}' is not empty.", hint):
        write_project(PROJECT, tmp_path / "p")
    assert list((tmp_path / "p").iterdir()) == [tmp_path / "p/.git"]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/x", ".", "..\\x"])
def test_no_file_lands_outside(tmp_path: Path, refused: Refusal, path: str) -> None:
    """A path that leads out of the project, on any system, is refused before anything is touched."""
    project = Project(ORIGIN, {**FILES, PurePosixPath(path): ProjectFile(b"x", 0o644, "tiny")})
    message = f"Layer 'tiny' writes '{path}', which is not inside of the project."
    hint = "A path goes down from the project's folder; it has no `..` and no backslash."
    with refused(TemplateError, message, hint):
        write_project(project, tmp_path / "a/p")
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_looked_into_is_refused(tmp_path: Path, refused: Refusal) -> None:
    """A path that the system rejects is a user's mistake, and its reason is the system's."""
    target = tmp_path / ("x" * 300)
    with refused(UsageError, f"'{target}' cannot be looked into: File name too long.", "Choose another directory."):
        check_target(target)


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path, refused: Refusal) -> None:
    """A file where a folder has to be made is reported, and nothing is left behind."""
    (tmp_path / "file").write_text("x")
    message = f"The project could not be written to '{tmp_path / 'file/p'}': Not a directory."
    with refused(WriteError, message, "Nothing is there. Mend it and run again, or choose another directory."):
        write_project(PROJECT, tmp_path / "file/p")
    assert tree(tmp_path) == {PurePosixPath("file"): b"x"}


def test_a_write_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, refused: Refusal) -> None:
    """When the system refuses one file, those written before it go too."""
    project = Project(ORIGIN, {**FILES, PurePosixPath("x" * 300): ProjectFile(b"", 0o644, "t")})
    message = f"The project could not be written to '{tmp_path / 'a/p'}': File name too long."
    with refused(WriteError, message, "Nothing is there. Mend it and run again, or choose another directory."):
        write_project(project, tmp_path / "a/p")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_kill_leaves_all_or_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    """Killed at any instant, a run has written the whole project or none of it, and at worst a hidden folder."""
    seconds = _timed_write(tmp_path / "first", environment)
    instants = random.Random(7)
    outcomes: list[str] = []
    for number in range(KILLS):
        folder, target = tmp_path / str(number), "p" if number % 2 else "a/b/p"
        folder.mkdir()
        _kill_after(instants.uniform(0, 1.2 * seconds), folder / target, environment)
        left = list(folder.iterdir())
        assert len(left) <= 1
        outcomes.append("nothing" if not left else "hidden" if left[0].name.startswith(".") else "whole")
        if outcomes[-1] == "whole":
            assert list(tree(folder / target).values()) == [b"x = 1\n" * 500] * 30
    assert "hidden" in outcomes, outcomes  # else no kill came while a run was at work


def _start(target: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process that is about to write, and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def _timed_write(target: Path, environment: dict[str, str]) -> float:
    with _start(target, environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        started = time.perf_counter()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"done\n"
        return time.perf_counter() - started


def _kill_after(seconds: float, target: Path, environment: dict[str, str]) -> None:
    with _start(target, environment) as process:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)


def test_leftovers_of_a_killed_run_go_with_the_next(tmp_path: Path) -> None:
    """An old hidden folder for the same target is removed; a young one, and one for another target, stay."""
    names = [".p.scaffold-abcd_123", ".p.scaffold-young123", ".q.scaffold-abcd_123", ".p.scaffold-notes"]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
        if "young" not in name:
            os.utime(tmp_path / name, times=(0, time.time() - STALE_SECONDS - 1))
    write_project(PROJECT, tmp_path / "p")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["p", *names[1:]])


def test_of_two_runs_one_wins(tmp_path: Path, environment: dict[str, str]) -> None:
    """Two runs for one target at the same time leave one whole project, and the other says why it did not."""
    processes = [_start(tmp_path / "p", environment) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    assert sorted(outputs) == [b"", b"done\n"]
    assert len(tree(tmp_path / "p")) == 30
    assert len(list(tmp_path.iterdir())) == 1


def on_disk(folder: Path, texts: dict[str, str]) -> None:
    """Writes a project's texts."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def in_memory(texts: dict[str, str]) -> dict[PurePosixPath, ProjectFile]:
    """The same as a project's files."""
    return {PurePosixPath(path): ProjectFile(text.encode(), 0o644, "t") for path, text in texts.items()}


def compared(folder: Path, pristine: dict[str, str], mine: dict[str, str]) -> Changes:
    """What has to happen to the project on the disk."""
    made, new = in_memory(pristine), in_memory(mine)
    return changes(made, read_theirs(folder, sorted({*made, *new})), new)


def test_a_change_keeps_every_edit(tmp_path: Path) -> None:
    """Untouched files are replaced, added and deleted; edited, removed and own ones stay to the byte."""
    pristine = {"old.py": "1", "edited.py": "1", "both.py": "1", "removed.py": "1", "gone/a.py": "1"}
    on_disk(tmp_path, {**pristine, "edited.py": "own", "both.py": "own", "own.py": "own"})
    (tmp_path / "removed.py").unlink()
    mine = {**dict.fromkeys(pristine, "2"), "edited.py": "1", "own.py": "2", "new/b.py": "2"}
    del mine["gone/a.py"]
    found = compared(tmp_path, pristine, mine)
    apply(found, tmp_path)
    assert {str(path): content.decode() for path, content in tree(tmp_path).items()} == {
        "old.py": "2",
        "edited.py": "own",
        "both.py": "own",
        "own.py": "own",
        "new/b.py": "2",
    }
    assert [str(path) for path in found.left_to_the_owner()] == ["both.py", "own.py"]
    assert not (tmp_path / "gone").exists()


def test_links_and_folders_of_the_owner_are_no_files_that_were_made(tmp_path: Path) -> None:
    """What the owner has replaced by a link or a folder is never overwritten, nor anything behind it."""
    on_disk(tmp_path / "p", {"folder.py/own.txt": "own"})
    on_disk(tmp_path / "elsewhere", {"a.py": "1", "x/b.py": "1"})
    (tmp_path / "p/link.py").symlink_to(tmp_path / "elsewhere/a.py")
    (tmp_path / "p/x").symlink_to(tmp_path / "elsewhere/x")
    before = tree(tmp_path)
    pristine = dict.fromkeys(["folder.py", "link.py", "x/b.py"], "1")
    found = compared(tmp_path / "p", pristine, {**dict.fromkeys(pristine, "2"), "x/new.py": "2"})
    apply(found, tmp_path / "p")
    assert tree(tmp_path) == before
    kinds = {str(path): change.kind for path, change in found.files.items()}
    assert kinds["x/new.py"] is Kind.COLLIDES
    assert {kinds["folder.py"], kinds["link.py"]} == {Kind.BOTH_CHANGED}


def test_an_edit_in_the_meantime_stops_the_change(tmp_path: Path, refused: Refusal) -> None:
    """A file that was saved after it was looked at is not overwritten, and neither is another."""
    on_disk(tmp_path, {"a.py": "1", "b.py": "1"})
    found = compared(tmp_path, {"a.py": "1", "b.py": "1"}, {"a.py": "2", "b.py": "2"})
    (tmp_path / "b.py").write_text("own")
    message = f"'{tmp_path / 'b.py'}' has been edited in the meantime."
    with refused(WriteError, message, "Nothing was changed. Run the command again."):
        apply(found, tmp_path)
    assert ((tmp_path / "a.py").read_text(), (tmp_path / "b.py").read_text()) == ("1", "own")


def test_no_change_touches_nothing(tmp_path: Path) -> None:
    """A project that is as it would be made now is not written to."""
    on_disk(tmp_path, {"a.py": "1"})
    before = tmp_path.stat().st_mtime_ns
    apply(compared(tmp_path, {"a.py": "1"}, {"a.py": "1"}), tmp_path)
    assert tmp_path.stat().st_mtime_ns == before


def test_a_disk_that_refuses_a_change_leaves_the_project_as_it_was(tmp_path: Path, refused: Refusal) -> None:
    """A name that the system does not take is one sentence, and nothing else has changed."""
    on_disk(tmp_path, {"a.py": "1", ".scaffold": "a file of the owner"})
    found = compared(tmp_path, {"a.py": "1"}, {"a.py": "2"})
    message = f"The project at '{tmp_path}' could not be changed: Not a directory."
    hint = "Mend it and run again: what was begun is brought to its end, or never was."
    with refused(WriteError, message, hint):
        apply(found, tmp_path)
    assert (tmp_path / "a.py").read_text() == "1"


def test_a_change_leads_nowhere_outside(tmp_path: Path) -> None:
    """A new file with a path out of the project is refused before anything is touched."""
    with pytest.raises(TemplateError, match="is not inside of the project"):
        apply(changes({}, {}, in_memory({"../x": "1"})), tmp_path)
