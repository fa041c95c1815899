"""The folder of a run: found, made, and gone on with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scaffold_runtime.run.folder import RunFolder, log, open_run_folder


@dataclass(frozen=True)
class Config:
    """A field that says what a run computes, and one that says where it is started."""

    seed: int = 1
    backend: str = "none"


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
    assert folder.config.read_text() == "seed: 1\nbackend: none\n"
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
    (bare / "config.yaml").write_text("seed: 1\nbackend: none\n")
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
