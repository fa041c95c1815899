"""The folder of a run: found, made, and gone on with."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.projects import ROOT
from tests.warm_python import Program

from scaffold_runtime.run.folder import RunFolder, open_run_folder
from scaffold_runtime.run.terminal import log


@dataclass(frozen=True)
class Config:
    """A field that says what a run computes, and one that says where it is started."""

    seed: int = 1
    backend: str = "none"
    max_epochs: int = 3


@pytest.fixture(autouse=True)
def _close_log() -> Iterator[None]:
    """Files that the run's log has opened are closed."""
    yield
    for handler in log.handlers:
        handler.close()
    log.handlers = []


def test_a_new_run_has_its_configuration_and_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The configuration is written at once; what the run says is printed and kept."""
    folder = open_run_folder(Config(), tmp_path, name="first")
    log.info("It begins.")
    assert folder.path == tmp_path / "first"
    assert folder.config.read_text() == "seed: 1\nbackend: none\nmax_epochs: 3\n"
    assert capsys.readouterr().out == "It begins.\n"
    assert (folder.path / "log.txt").read_text() == "It begins.\n"


def test_a_name_is_used_once(tmp_path: Path) -> None:
    """A second run of the same name is refused, with how to go on with the first."""
    open_run_folder(Config(), tmp_path, name="first")
    with pytest.raises(SystemExit, match=r"^Error: '.*first' holds a run already\.\nHint:  .* --resume .*first\.$"):
        open_run_folder(Config(), tmp_path, name="first")


def test_auto_goes_on_with_the_newest_run_that_computes_the_same(tmp_path: Path) -> None:
    """How a run is started does not matter, what it computes does; without one like it a new run begins."""
    open_run_folder(Config(seed=1), tmp_path, name="same")
    open_run_folder(Config(seed=2), tmp_path, name="other")
    assert open_run_folder(Config(seed=1, backend="gloo"), tmp_path, resume="auto").path == tmp_path / "same"
    assert open_run_folder(Config(seed=3), tmp_path, name="new", resume="auto").path == tmp_path / "new"


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    """The message repeats the folder."""
    with pytest.raises(SystemExit, match=r"^Error: '.*nowhere' is no run's folder\.\nHint:  Give one below"):
        open_run_folder(Config(), tmp_path, resume=str(tmp_path / "nowhere"))


def test_a_run_that_was_left_is_mentioned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new run says that one like it has checkpoints and no results; a finished one is not worth a word."""
    left = open_run_folder(Config(), tmp_path, name="left")
    (left.checkpoints / "last_1.pt").touch()
    open_run_folder(Config(), tmp_path, name="new")
    assert f"--resume {left.path} goes on with it." in capsys.readouterr().out
    left.results.touch()
    assert RunFolder(left.path).is_finished
    open_run_folder(Config(), tmp_path, name="newer")
    assert capsys.readouterr().out == ""


TOGETHER = """
import sys
from pathlib import Path
from dataclasses import dataclass
from scaffold_runtime.run.folder import open_run_folder

@dataclass
class Config:
    seed: int = 1
    backend: str = "none"
    max_epochs: int = 3

print("ready", flush=True)
sys.stdin.readline()
folder = open_run_folder(Config(), Path(sys.argv[1]), name=sys.argv[2] or None, resume=sys.argv[3] or None)
print(folder.path.name, flush=True)
sys.stdin.readline()
"""


def start_together(*runs: tuple[Path, str, str]) -> list[Program]:
    """Programs that open their folders at the same moment, and hold them until their input ends."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime")}
    started = [Program(["-c", TOGETHER, *map(str, run)], environment, stderr="apart") for run in runs]
    for process in started:
        assert line_of(process) == "ready\n"
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    return started


def line_of(process: Program) -> str:
    """The next line that it prints; nothing if it has ended."""
    return process.stdout.readline()


def test_unnamed_runs_that_start_together_have_folders_of_their_own(tmp_path: Path) -> None:
    """Six runs of the same second are six folders; each has its configuration."""
    started = start_together(*[(tmp_path / "outputs", "", "")] * 6)
    names = {line_of(process) for process in started}
    for process in started:
        assert process.communicate(timeout=240)[1] == ""
    assert len(names) == 6
    assert {f"{path.name}\n" for path in (tmp_path / "outputs").iterdir()} == names
    assert len(list((tmp_path / "outputs").glob("*/config.yaml"))) == 6


@pytest.mark.parametrize("resume", [False, True])
def test_one_of_two_has_the_run(tmp_path: Path, resume: bool) -> None:
    """Of two that begin the same named run, or go on with one, the second is told who has it, and touches nothing."""
    if resume:
        start_together((tmp_path, "run", ""))[0].communicate(timeout=240)
    arguments = (tmp_path, "" if resume else "run", str(tmp_path / "run") if resume else "")
    started = start_together(arguments, arguments)
    assert sorted(line_of(process) for process in started) == ["", "run\n"]
    ends = [process.communicate(timeout=240) for process in started]
    refused = [error for _, error in ends if error]
    assert sorted(process.returncode for process in started) == [0, 1]
    assert len(refused) == 1
    assert "is under way: " in refused[0] or "holds a run already" in refused[0]


def test_a_killed_run_can_be_gone_on_with_at_once(tmp_path: Path) -> None:
    """The lock dies with its process."""
    (first,) = start_together((tmp_path, "run", ""))
    assert line_of(first) == "run\n"
    with pytest.raises(SystemExit, match=rf"under way: process {first.pid} on "):
        open_run_folder(Config(), tmp_path, resume=str(tmp_path / "run"))
    first.kill()
    first.communicate(timeout=240)
    assert open_run_folder(Config(), tmp_path, resume="auto").path == tmp_path / "run"


def test_where_there_are_no_locks_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the folder is not held, in one sentence, and the run begins and goes on all the same."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    said: list[str] = []
    monkeypatch.setattr(log, "warning", said.append)
    for resume in (None, "auto"):
        assert open_run_folder(Config(), tmp_path, name="run", resume=resume).path == tmp_path / "run"
    assert (
        said == [f"There are no locks here: nobody is kept away from '{tmp_path / 'run'}' who starts it once more."] * 2
    )


NEIGHBOURS = {
    "not a mapping": b"- 1\n",
    "broken": b"a: [",
    "another program's": b"model: resnet\n",
    "not UTF-8": b"a: \xff\xfe",
    "a number": b"3",
    "a day that there is not": b"begun: 2026-13-45\n",
    "empty": b"",
}


def test_neighbours_stop_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders of others, broken ones, and runs without checkpoints are passed over, in silence."""
    for name, content in NEIGHBOURS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_bytes(content)
    (tmp_path / "a folder" / "config.yaml").mkdir(parents=True)
    (tmp_path / "a dangling link").mkdir()
    (tmp_path / "a dangling link" / "config.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a pipe").mkdir()
    os.mkfifo(tmp_path / "a pipe" / "config.yaml")
    (tmp_path / "a loop").symlink_to(tmp_path)
    bare = tmp_path / "a run without checkpoints"
    bare.mkdir()
    (bare / "config.yaml").write_text("seed: 1\nbackend: none\nmax_epochs: 3\n")
    assert open_run_folder(Config(), tmp_path, name="new").path == tmp_path / "new"
    assert open_run_folder(Config(seed=2), tmp_path, name="newer", resume="auto").path == tmp_path / "newer"
    assert capsys.readouterr() == ("", "")


def test_auto_finds_nested_names(tmp_path: Path) -> None:
    """A run called `sweep/a` is one of this folder."""
    open_run_folder(Config(), tmp_path, name="sweep/a")
    assert open_run_folder(Config(), tmp_path, resume="auto").path == tmp_path / "sweep" / "a"


def test_auto_finds_a_run_that_lies_elsewhere(tmp_path: Path) -> None:
    """A run's folder may be a link to another disk."""
    open_run_folder(Config(), tmp_path / "disk", name="run")
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "linked").symlink_to(tmp_path / "disk" / "run")
    assert open_run_folder(Config(), tmp_path / "outputs", resume="auto").path == tmp_path / "outputs" / "linked"


def test_a_run_goes_on_as_what_it_was(tmp_path: Path) -> None:
    """What would make it another run is refused by name, and the folder stays as it was."""
    run = open_run_folder(Config(), tmp_path, name="run")
    before = run.config.read_bytes()
    with pytest.raises(SystemExit, match=r"run' has seed 1, not 2: with that it would be another run"):
        open_run_folder(Config(seed=2, max_epochs=9), tmp_path, resume=str(run.path))
    assert run.config.read_bytes() == before


def test_a_finished_run_that_is_asked_for_more_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so, its folder has the new number, and it is finished no more; fewer epochs than it has are refused."""
    run = open_run_folder(Config(), tmp_path, name="run")
    run.results.write_text(json.dumps({"epochs": 3}))
    run.history.write_text("epoch\n1\n2\n3\n")
    assert open_run_folder(Config(backend="gloo"), tmp_path, resume=str(run.path)).is_finished
    with pytest.raises(SystemExit, match=r"has 3 epochs\.\nHint:  Give --max-epochs 3 or more"):
        open_run_folder(Config(max_epochs=2), tmp_path, resume=str(run.path))
    assert run.is_finished
    capsys.readouterr()
    assert not open_run_folder(Config(max_epochs=5), tmp_path, resume=str(run.path)).is_finished
    assert capsys.readouterr().out == "Going on with max_epochs 5; it was 3.\n"
    assert "max_epochs: 5" in run.config.read_text()


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A file, or a link to nothing, where the folder should be."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at all")
    for place in ("file", "link", "file/below"):
        with pytest.raises(SystemExit, match=r"^Error: No run can be written in '.*': .*\.\nHint:  Give another"):
            open_run_folder(Config(), tmp_path / place)
