"""The five functions of the Python API, as a program meets them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.api import apply, changes, plan, render, write
from scaffold.cli.app import run
from scaffold.errors import UsageError, WriteError

TEMPLATES = Path(__file__).parent / "cli/fixtures/templates"
TRAIN = PurePosixPath("src/trial/train.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of the small templates, made by the API."""
    write(render(plan("greeting", templates=TEMPLATES), "trial"), tmp_path / "trial")
    return tmp_path / "trial"


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def at_work(folder: Path) -> Generator[None]:
    """Holds a project as another process would."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def test_it_makes_what_the_command_makes(project: Path, tmp_path: Path) -> None:
    """Planned, rendered and written by a program, or by `scaffold new`: each byte is the same; so after a change."""
    words = ["--templates", str(TEMPLATES), "--yes"]
    assert run(["new", str(tmp_path / "other"), "-t", "greeting", "--name", "trial", "--no-git", *words]) == 0
    assert contents(project) == contents(tmp_path / "other")

    assert apply(changes(project, {"tone": "loud", "volume": 3}, templates=TEMPLATES)) is None
    assert run(["set", "tone=loud", "volume=3", "--project", str(tmp_path / "other"), *words]) == 0
    assert contents(project) == contents(tmp_path / "other")
    assert changes(project, templates=TEMPLATES).outcome.is_empty


def test_changes_touch_nothing(project: Path) -> None:
    """What becomes of files is known before anything happens to one."""
    before = contents(project)
    revision = changes(project, {"tone": "loud"}, templates=TEMPLATES)
    assert revision.outcome.files[TRAIN].fate.value == "replaced"
    assert contents(project) == before


def test_what_waits_is_returned(project: Path) -> None:
    """A clash is returned, and until it is settled the next change is refused."""
    (project / TRAIN).write_text((project / TRAIN).read_text().replace('"warm"', '"hot"'))
    waiting = apply(changes(project, {"tone": "loud"}, templates=TEMPLATES), command="trial")
    assert waiting is not None
    assert waiting.conflicts == (TRAIN,)
    assert "<<<<<<< yours" in (project / TRAIN).read_text()
    with pytest.raises(UsageError, match=r"`scaffold trial` is not finished"):
        apply(changes(project, {"bells": True}, templates=TEMPLATES))


def test_a_file_that_was_edited_meanwhile(project: Path) -> None:
    """What somebody wrote between `changes` and `apply` is not overwritten: nothing happens, and that is said."""
    revision = changes(project, {"tone": "loud"}, templates=TEMPLATES)
    (project / TRAIN).write_text("MINE = 1\n")
    before = contents(project)
    with pytest.raises(WriteError, match="has been edited in the meantime"):
        apply(revision)
    assert contents(project) == before


def test_one_at_a_time(project: Path) -> None:
    """A project that another process is at work in is not changed; one that the caller holds itself is."""
    revision = changes(project, {"tone": "loud"}, templates=TEMPLATES)
    with at_work(project):
        with pytest.raises(UsageError, match="Another run is at work"):
            apply(revision)
        assert apply(revision, is_held=True) is None
    assert changes(project, templates=TEMPLATES).outcome.is_empty
