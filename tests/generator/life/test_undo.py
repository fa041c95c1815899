from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.names import project_name
from scaffold.build.project import Origin, Project, ProjectFile
from scaffold.errors import ScaffoldError, UsageError, WriteError
from scaffold.life.apply import bring_to_an_end, write_project
from scaffold.life.outcome import Outcome
from scaffold.life.record import recall, remember
from scaffold.life.revision import compare, look_at
from scaffold.life.undo import LIST, SAVED, UNDO, apply_with_undo, forget, take_back, unfinished

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
Tree = dict[str, tuple[bytes, int]]

MADE = {"a.txt": "1\n2\n3\n", "both.txt": "1\n2\n3\n", "gone/b.txt": "1\n", "run.sh": "echo\n"}
NEW = {
    "a.txt": "1\n2\nthree\n",
    "both.txt": "1\nnew\n3\n",
    "new/c.txt": "c\n",
    "run.sh": "echo new\n",
    "own.txt": "x\n",
}
EDITS = {"both.txt": "1\nmine\n3\n", "own.txt": "mine\n"}


def project(texts: dict[str, str]) -> Project:
    """A project of these texts, with its record."""
    origin = Origin(project_name("p"), "t", {})
    mode = {"run.sh": 0o755}
    files = {
        PurePosixPath(path): ProjectFile(text.encode(), mode.get(path, 0o644), "t") for path, text in texts.items()
    }
    whole = files | remember(files, origin)
    return Project(origin, {path: whole[path] for path in sorted(whole)})


def edited(folder: Path) -> Path:
    """A project on the disk with its owner's edits, one of them secret."""
    write_project(project(MADE), folder)
    for path, text in EDITS.items():
        (folder / path).write_text(text)
    (folder / "both.txt").chmod(0o600)
    return folder


def outcome(folder: Path, texts: dict[str, str] = NEW) -> Outcome:
    """What an update would make of it."""
    return compare(look_at(folder, recall(folder)), project(texts), {})


def tree(folder: Path) -> Tree:
    """Every file with its bytes and permissions."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_taken_back_is_as_it_was(tmp_path: Path) -> None:
    """Bytes and permissions of every file come back, replaced, merged, deleted and added ones, and the record."""
    folder = edited(tmp_path / "p")
    before = tree(folder)
    apply_with_undo(outcome(folder), folder, "update")
    assert (folder / "both.txt").read_text().startswith("1\n<<<<<<< yours\nmine\n")
    assert stat.S_IMODE((folder / UNDO / "old/both.txt").stat().st_mode) == 0o600  # a secret stays one
    waiting = unfinished(folder)
    assert waiting is not None
    assert take_back(waiting, folder) == {}
    assert tree(folder) == before
    assert unfinished(folder) is None


def test_what_was_written_since_is_kept(tmp_path: Path) -> None:
    """Work on a conflict is not lost when the change is taken back: it lies in the record, twice if done twice."""
    folder = edited(tmp_path / "p")
    before = tree(folder)
    for number in ("1", "2"):
        apply_with_undo(outcome(folder), folder, "update")
        (folder / "both.txt").write_text("settled\n")
        (folder / "new/c.txt").write_text("worked on\n")
        waiting = unfinished(folder)
        assert waiting is not None
        kept = take_back(waiting, folder)
        assert sorted(map(str, kept.values())) == [f"{SAVED}/{number}/{path}" for path in ("both.txt", "new/c.txt")]
        assert (folder / SAVED / number / "both.txt").read_text() == "settled\n"
        assert {path: file for path, file in tree(folder).items() if not path.startswith(str(SAVED))} == before


def test_a_change_without_conflicts_is_done(tmp_path: Path) -> None:
    """Nothing waits, and nothing is left in the record."""
    write_project(project(MADE), tmp_path / "p")
    apply_with_undo(outcome(tmp_path / "p"), tmp_path / "p", "update")
    assert unfinished(tmp_path / "p") is None
    assert sorted(path.name for path in (tmp_path / "p/.scaffold").iterdir()) == ["pristine.tar.xz", "project.toml"]


@pytest.mark.parametrize("path", ["../x", "/x", ".git/hooks/x", ".scaffold/x", ""])
def test_a_list_that_leads_elsewhere_is_refused(tmp_path: Path, refused: Refusal, path: str) -> None:
    """What is remembered of a change is not trusted: a path out of the project, or into git's own, does nothing."""
    folder = edited(tmp_path / "p")
    apply_with_undo(outcome(folder), folder, "update")
    document = json.loads((folder / LIST).read_text())
    document["written"][path] = "0"
    (folder / LIST).write_text(json.dumps(document))
    message = f"What '{folder / LIST}' says of an unfinished change is damaged."
    with refused(UsageError, message, f"Remove '{folder / UNDO}': the project stays as it is."):
        unfinished(folder)


def test_what_is_in_the_way_of_an_old_file_is_said(tmp_path: Path, refused: Refusal) -> None:
    """A folder or link that the owner has put where a file comes back stays, and nothing else comes back."""
    folder = edited(tmp_path / "p")
    apply_with_undo(outcome(folder), folder, "update")
    waiting, now = unfinished(folder), tree(folder)
    assert waiting is not None
    (folder / "gone").symlink_to(tmp_path)
    with refused(UsageError, f"'{folder / 'gone'}' is in the way of the file that was there.", "Move it away."):
        take_back(waiting, folder)
    (folder / "gone").unlink()
    assert tree(folder) == now


def test_a_file_edited_since_it_was_looked_at_stops_the_change(tmp_path: Path) -> None:
    """Between preview and change the owner may save a file: then nothing happens."""
    folder = edited(tmp_path / "p")
    found = outcome(folder)
    (folder / "a.txt").write_text("saved meanwhile\n")
    before = tree(folder)
    with pytest.raises(WriteError, match="has been edited in the meantime"):
        apply_with_undo(found, folder, "update")
    assert tree(folder) == before


STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}
"""What a process may be killed before."""


def killed(work: Callable[[], None], step: int) -> int:
    """Does something in a child that is killed before its step on the disk of this number; how it ended."""
    child = os.fork()
    if not child:
        seen = itertools.count()
        sys.addaudithook(lambda event, _: event in STEPS and next(seen) == step and os.kill(os.getpid(), 9))
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.fixture
def in_memory(tmp_path: Path) -> Generator[Path]:
    """A folder on a disk that is fast to wait for, where there is one."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_a_change_that_is_killed_at_any_step(in_memory: Path) -> None:
    """Killed at any instant, the project is the old or the new one, or can be brought to either of them."""
    states: set[str] = set()
    for step in itertools.count():
        folder = edited(in_memory / str(step))
        before, found = tree(folder), outcome(folder)
        status = killed(lambda folder=folder, found=found: apply_with_undo(found, folder, "update"), step)
        states.add(_ended(folder, "back" if step % 2 else "on", before, found))
        if status == 0:
            break
        assert status == signal.SIGKILL
    assert step > 30
    assert states == {"old", "new"}


def _ended(folder: Path, end: str, before: Tree, found: Outcome) -> str:
    """Ends what a kill left, and says what came of it; anything but the old and the new project fails."""
    bring_to_an_end(folder)
    waiting = unfinished(folder)
    if waiting is None:
        assert {path: file for path, file in tree(folder).items() if "/undo/" not in path} == before
        return "old"
    if end == "back":
        take_back(waiting, folder)
        assert tree(folder) == before
        return "old"
    forget(folder)
    written = found.written()
    assert {path: (folder / path).read_bytes() for path in written} == {
        path: file.content for path, file in written.items()
    }
    assert not any((folder / path).exists() for path in found.removed())
    return "new"


def test_taking_back_that_is_killed_at_any_step(in_memory: Path) -> None:
    """Killed at any instant, `--abort` has done nothing or all, or does all of it when it is said again."""
    for step in itertools.count():
        folder = edited(in_memory / str(step))
        before = tree(folder)
        apply_with_undo(outcome(folder), folder, "update")
        waiting = unfinished(folder)
        assert waiting is not None
        status = killed(lambda folder=folder, waiting=waiting: take_back(waiting, folder) and None, step)
        bring_to_an_end(folder)
        if (still := unfinished(folder)) is not None:
            take_back(still, folder)
        forget(folder)
        assert tree(folder) == before, step
        if status == 0:
            break
        assert status == signal.SIGKILL
    assert step > 15


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from tests.generator.life.test_undo import outcome
from scaffold.life.undo import apply_with_undo, take_back, unfinished
from scaffold.errors import WriteError
folder = Path({folder!r})
waiting = unfinished(folder)
found = None if waiting else outcome(folder)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    take_back(waiting, folder) if waiting else apply_with_undo(found, folder, "update")
except WriteError as error:
    print(error.message)
"""


@pytest.mark.parametrize("limit", [0, 3, 8, 300])
def test_a_disk_that_is_full_leaves_the_old_project(tmp_path: Path, limit: int, environment: dict[str, str]) -> None:
    """When the system takes no more bytes, whichever file it is at, one sentence says so and nothing has changed."""
    folder = edited(tmp_path / "p")
    before = tree(folder)
    code = FULL.format(path=[str(Path(__file__).parents[3])], folder=str(folder), limit=limit)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"The project at '{folder}' could not be changed: File too large.\n"
    assert tree(folder) == before


@pytest.mark.parametrize("limit", [0, 3, 8])
def test_a_full_disk_takes_nothing_back_by_halves(tmp_path: Path, limit: int, environment: dict[str, str]) -> None:
    """Where `--abort` finds no room, one sentence says so, the change still waits, and with room all goes back."""
    folder = edited(tmp_path / "p")
    before = tree(folder)
    apply_with_undo(outcome(folder), folder, "update")
    changed = tree(folder)
    code = FULL.format(path=[str(Path(__file__).parents[3])], folder=str(folder), limit=limit)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"The project at '{folder}' could not be changed: File too large.\n"
    assert tree(folder) == changed
    waiting = unfinished(folder)
    assert waiting is not None
    take_back(waiting, folder)
    assert tree(folder) == before


def test_files_that_are_held_open(tmp_path: Path) -> None:
    """Who reads a file goes on with what they opened, and who locks one does not stop the change."""
    folder = edited(tmp_path / "p")
    found = outcome(folder)
    paths = [folder / path for path in {*found.written(), *found.removed()} if (folder / path).is_file()]
    assert len(paths) > 2
    old = [path.read_bytes() for path in paths]
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(path.open("r+b")) for path in paths]
        for each in held:
            fcntl.flock(each, fcntl.LOCK_EX)
        apply_with_undo(found, folder, "update")
        assert [each.read() for each in held] == old
    assert {path: (folder / path).read_bytes() for path in found.written()} == {
        path: file.content for path, file in found.written().items()
    }
    assert not any((folder / path).exists() for path in found.removed())


def test_a_folder_that_is_read_only_leaves_the_old_project(tmp_path: Path) -> None:
    """A folder that takes no files stops the change before it begins, not in its middle."""
    for around in (tmp_path, *tmp_path.parents):
        if around.stat().st_uid == os.geteuid() and around != Path("/tmp"):
            around.chmod(0o755)
    folder = edited(tmp_path / "p")
    before, found = tree(folder), outcome(folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534 if os.geteuid() == 0 else -1, -1)
    (folder / "gone").chmod(0o555)
    child = os.fork()
    if not child:
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            apply_with_undo(found, folder, "update")
        except WriteError as error:
            os._exit(3 if error.message.endswith("could not be changed: Permission denied.") else 4)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    (folder / "gone").chmod(0o755)
    assert tree(folder) == before


@pytest.mark.parametrize("link", [".scaffold/change", ".scaffold/undo", ".scaffold"])
def test_a_record_that_is_a_link_leads_nowhere(tmp_path: Path, link: str) -> None:
    """Links in the place of the record's folders are refused or replaced; nothing behind them is touched."""
    folder = edited(tmp_path / "p")
    found = outcome(folder)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").write_text("x")
    if link == ".scaffold":
        (folder / link).rename(tmp_path / "moved")
    (folder / link).symlink_to(tmp_path / "elsewhere")
    if link == ".scaffold/undo":
        apply_with_undo(found, folder, "update")
        assert not (folder / link).is_symlink()
    else:
        with pytest.raises(WriteError):
            apply_with_undo(found, folder, "update")
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["file"]
