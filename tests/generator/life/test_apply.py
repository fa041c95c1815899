from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.names import project_name
from scaffold.build.project import Origin, Project, ProjectFile
from scaffold.errors import ScaffoldError, TemplateError, UsageError, WriteError
from scaffold.life.apply import STALE_SECONDS, apply, write_project
from scaffold.life.moves import Aligned
from scaffold.life.outcome import Fate, Outcome, outcome
from scaffold.life.theirs import check_target, read_theirs

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

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

KILLED = """
import itertools, json, os, signal, sys
from pathlib import Path, PurePosixPath
from scaffold.build.names import project_name
from scaffold.build.project import Origin, Project, ProjectFile
from scaffold.errors import UsageError
from scaffold.life.apply import write_project
files = {PurePosixPath(path): ProjectFile(b"x = 1\\n", 0o755, "t") for path in
         ["README.md", "src/p/a.py", "src/p/b.py", "src/run"]}
project = Project(Origin(project_name("p"), "t", {}), files)
steps = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree"}

def start(folder):
    (folder / ".git").mkdir()
    (folder / ".git/HEAD").touch()

def fork(target, number):
    child = os.fork()
    if not child:
        seen = itertools.count()
        sys.addaudithook(lambda event, _: event in steps and next(seen) == number and os.kill(os.getpid(), 9))
        try:
            write_project(project, target, prepare=start)
        except UsageError as error:
            assert number == -1 and "not empty" in error.message, error  # whole already
        os._exit(0)
    return os.waitpid(child, 0)[1]

def files_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

for number in itertools.count():
    folder = Path(sys.argv[1]) / str(number)
    folder.mkdir()
    target = folder / sys.argv[2]
    if sys.argv[2] == "there":
        target.mkdir()
        (target / "README.md").write_text("own")
    status = fork(target, number)
    left = files_below(folder)
    assert fork(target, -1) == 0
    print(json.dumps({"left": left, "after": files_below(folder)}), flush=True)
    if status == 0:
        break
    assert status == signal.SIGKILL, status
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
    """An empty directory takes the project, also as `.`: it stays the one that a shell is in, with its mode."""
    (tmp_path / "p").mkdir(mode=0o750)
    monkeypatch.chdir(tmp_path / "p")
    write_project(PROJECT, Path())
    assert tree(Path()) == tree(tmp_path / "p") == content()
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o750


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize(
    ("umask", "modes"),
    [(0o022, (0o755, 0o755, 0o644)), (0o077, (0o700, 0o700, 0o600)), (0o002, (0o775, 0o775, 0o664))],
)
def test_modes_follow_the_umask(tmp_path: Path, umask: int, modes: tuple[int, int, int], is_there: bool) -> None:
    """The project's folder, its programs and its texts are as open as the user's other files."""
    before = os.umask(umask)
    try:
        if is_there:
            (tmp_path / "p").mkdir()
        write_project(PROJECT, tmp_path / "p")
    finally:
        os.umask(before)
    found = [stat.S_IMODE((tmp_path / path).stat().st_mode) for path in ("p", "p/bin/run", "p/README.md")]
    assert tuple(found) == modes


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_of_a_group_keeps_its_group(tmp_path: Path, is_there: bool) -> None:
    """Below a folder that hands on its group, every folder of the project does, and all of it is that group's."""
    groups = [*os.getgroups(), 4321] if os.geteuid() == 0 else os.getgroups()
    os.chown(tmp_path, -1, group := groups[-1])
    tmp_path.chmod(0o2775)
    if is_there:
        (tmp_path / "p").mkdir()
    write_project(PROJECT, tmp_path / "p")
    paths = [tmp_path / "p", *(tmp_path / "p").rglob("*")]
    assert {path.stat().st_gid for path in paths} == {group}
    assert all(path.stat().st_mode & stat.S_ISGID for path in paths if path.is_dir())


def test_a_folder_in_one_that_is_read_only(environment: dict[str, str]) -> None:
    """A folder that is there takes the project although nothing may be written beside it, as where a volume is."""
    with tempfile.TemporaryDirectory(prefix="read only ") as outer:
        folder = Path(outer) / "p"
        folder.mkdir()
        folder.chmod(0o777)
        Path(outer).chmod(0o555)
        as_nobody = "import os\nif os.geteuid() == 0: os.setuid(65534)\n"
        code = WRITER.replace("write_project(project", f"{as_nobody}write_project(project")
        with _start(folder, environment, code) as process:
            assert process.communicate(b"go\n")[0] == b"done\n"
        assert len(tree(folder)) == 30


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


def test_a_directory_that_holds_anything_is_refused(tmp_path: Path) -> None:
    """A directory with no more than a hidden entry stays as it is."""
    (tmp_path / "p/.cache").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"is not empty: it holds '\.cache'\.$"):
        write_project(PROJECT, tmp_path / "p")
    assert list((tmp_path / "p").iterdir()) == [tmp_path / "p/.cache"]


def test_a_folder_in_which_another_run_is_at_work(tmp_path: Path, refused: Refusal) -> None:
    """While one run moves its files in, a second one for the same folder is told, and touches nothing."""
    (tmp_path / "p").mkdir()

    def meanwhile(_: Path) -> None:
        with refused(UsageError, f"Another run is at work in '{tmp_path / 'p'}'.", "Wait for its end."):
            write_project(PROJECT, tmp_path / "p")

    write_project(PROJECT, tmp_path / "p", prepare=meanwhile)
    assert tree(tmp_path / "p") == content()


@pytest.mark.parametrize("is_there", [False, True])
def test_what_fails_before_the_project_appears_leaves_nothing(tmp_path: Path, is_there: bool) -> None:
    """Ctrl-C or a full disk while the project is prepared leaves the folder as it was, or none."""
    if is_there:
        (tmp_path / "p").mkdir()

    def fails(folder: Path) -> None:
        assert tree(folder) == content()
        (folder / "begun").touch()
        raise KeyboardInterrupt

    before = list(tmp_path.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        write_project(PROJECT, tmp_path / "p", prepare=fails)
    assert list(tmp_path.rglob("*")) == before


def test_what_gets_in_the_way_while_the_files_move(tmp_path: Path, refused: Refusal) -> None:
    """A file that appears just where a folder moves in stays; once it is away, the same command ends the move."""
    target = tmp_path / "p"
    target.mkdir()

    def meanwhile(_: Path) -> None:
        (target / "src").write_text("own")

    hint = "It is begun. Mend that and run again: the same command brings it to its end."
    for prepare in (meanwhile, None):
        with refused(WriteError, f"The project could not be written to '{target}': File exists.", hint):
            write_project(PROJECT, target, prepare=prepare)
    (target / "src").rename(tmp_path / "away")
    write_project(PROJECT, target)
    assert tree(target) == content()
    assert (tmp_path / "away").read_text() == "own"


@pytest.mark.parametrize("name", ["x" * 255, "\N{SNAKE}" * 60])
def test_the_longest_name_of_a_folder(tmp_path: Path, name: str) -> None:
    """A folder takes any name that the system gives it, in bytes: the hidden one beside it is not longer."""
    write_project(PROJECT, tmp_path / name)
    assert tree(tmp_path / name) == content()


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


@pytest.fixture(scope="module", params=["p", "a/b/p", "there"])
def deaths(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[str]]]:
    """What a run leaves that is killed at its first step on the disk, its second, ..., and what the next run leaves."""
    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root / "generator"), str(root / "runtime")])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path_factory.mktemp("deaths")), request.param],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_kill_leaves_all_or_nothing(deaths: list[dict[str, list[str]]]) -> None:
    """Killed at any step, a run has written all or nothing, or a journal by which all will be written."""
    whole = [".git/HEAD", "README.md", "src/p/a.py", "src/p/b.py", "src/run"]
    for death in deaths:
        seen = [path for path in death["left"] if not path.startswith((".", "there/.scaffold"))]
        seen = [path.removeprefix("a/b/p/").removeprefix("p/").removeprefix("there/") for path in seen]
        was_begun = "there/.scaffold/change/journal.json" in death["left"]
        assert seen in ([], ["README.md"], whole) or was_begun
    assert len(deaths) > 20  # steps
    left = {path for death in deaths for path in death["left"]}
    assert any(path.startswith((".p.", ".a.")) or "/change/" in path for path in left)


def test_the_same_command_after_a_kill_ends_well(deaths: list[dict[str, list[str]]]) -> None:
    """Whenever a run was killed, the same one brings the project to its end, and leaves nothing of the first in it."""
    for death in deaths:
        after = [path for path in death["after"] if not path.startswith(".")]
        assert [path.rpartition("/")[2] for path in after] == ["HEAD", "README.md", "a.py", "b.py", "run"]


def _start(target: Path, environment: dict[str, str], code: str = WRITER) -> subprocess.Popen[bytes]:
    """A process that is about to write, and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


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


def compared(folder: Path, pristine: dict[str, str], mine: dict[str, str]) -> Outcome:
    """What has to happen to the project on the disk."""
    made, new = in_memory(pristine), in_memory(mine)
    aligned = Aligned(made, read_theirs(folder, sorted({*made, *new})), new, {})
    return outcome(aligned, lambda path, states: None, is_taken=lambda path: (folder / path).exists())


def test_a_change_keeps_every_edit(tmp_path: Path) -> None:
    """Untouched files are replaced, added and deleted; edited ones merged; removed and own ones stay to the byte."""
    pristine = {"old.py": "1", "edited.py": "1", "both.py": "0\n1\n", "removed.py": "1", "gone/a.py": "1"}
    on_disk(tmp_path, {**pristine, "edited.py": "own", "both.py": "own\n1\n", "own.py": "own"})
    (tmp_path / "removed.py").unlink()
    mine = {**dict.fromkeys(pristine, "2"), "edited.py": "1", "both.py": "2\n1\n", "own.py": "2", "new/b.py": "2"}
    del mine["gone/a.py"]
    found = compared(tmp_path, pristine, mine)
    apply(found, tmp_path)
    assert {str(path): content.decode() for path, content in tree(tmp_path).items()} == {
        "old.py": "2",
        "edited.py": "own",
        "both.py": ("<<<<<<< yours\nown\n||||||| as it was made\n0\n=======\n2\n>>>>>>> as it is made now\n1\n"),
        "own.py": "own",
        "own.py.new": "2",
        "new/b.py": "2",
    }
    assert found.paths(Fate.CONFLICT, Fate.BESIDE) == [PurePosixPath("both.py"), PurePosixPath("own.py")]
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
    beside = {PurePosixPath(f"p/{path}"): b"2" for path in ("folder.py.new", "link.py.new", "x.new/new.py")}
    assert tree(tmp_path) == before | beside


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
        apply(compared(tmp_path, {}, {"../x": "1"}), tmp_path)
