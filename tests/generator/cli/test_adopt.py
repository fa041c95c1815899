from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

WHERE = ("--project", "trial", "--templates", "templates")
NEW = ("new", "trial", "-t", "greeting", "--templates", "templates", "--yes", "--logger", "tensorboard")


@pytest.fixture
def lost(folder: Path, scaffold) -> Path:
    """A project of the greeting template, with other answers than the defaults, whose record is lost."""
    assert scaffold(*NEW, "--set", "tone=loud", "--set", "bells=yes").code == 0
    shutil.move(folder / "trial/.scaffold", folder / "kept")
    return folder / "trial"


def test_a_project_without_its_record_is_recognised(lost: Path, scaffold, folder: Path) -> None:
    """Template and answers are found from the files, edited ones among them, and the record is what it was."""
    (lost / "src/trial/__init__.py").write_text("mine\n")
    done = scaffold("adopt", *WHERE)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Took in 'trial' as greeting: ")
    assert (lost / ".scaffold/project.toml").read_bytes() == (folder / "kept/project.toml").read_bytes()
    status = scaffold("status", *WHERE).out
    assert "  src/trial/__init__.py  edited\n" in status
    assert status.endswith("\nUp to date.\n")


def test_a_deleted_file_and_what_is_imported_stay(lost: Path, scaffold) -> None:
    """What is missing counts as deleted, and a module of the runtime that the owner imports as theirs to have."""
    (lost / "README.md").unlink()
    (lost / "src/trial/own.py").write_text("from .runtime.metrics import Average\n\nprint(Average)\n")
    document = json.loads(scaffold("adopt", "--json", *WHERE).out)
    assert (document["schema"], document["written"]) == ("torch-scaffold/adoption/1", True)
    status = json.loads(scaffold("status", "--json", *WHERE).out)
    states = {each["path"]: each["state"] for each in status["files"]}
    assert states["README.md"] == "deleted"
    assert states["src/trial/runtime/metrics/average.py"] == "deleted"  # `scaffold update` would not bring it back


def test_only_the_record_is_written(lost: Path, scaffold) -> None:
    """A dry run writes nothing, and the command itself touches no file of the owner's."""
    before = {path: path.read_bytes() for path in lost.rglob("*") if path.is_file()}
    assert scaffold("adopt", "--dry-run", *WHERE).code == 0
    assert {path: path.read_bytes() for path in lost.rglob("*") if path.is_file()} == before
    assert scaffold("adopt", *WHERE).code == 0
    after = {path: path.read_bytes() for path in lost.rglob("*") if path.is_file() and ".scaffold" not in path.parts}
    assert after == before


def test_what_cannot_be_taken_in(lost: Path, scaffold, folder: Path) -> None:
    """A known project, a damaged record, a folder like no template and one without a package are told apart."""
    (folder / "strange/src/strange").mkdir(parents=True)
    (folder / "strange/src/strange/__init__.py").write_text("x = 1\n")
    (folder / "strange/README.md").write_text("# something else\n")
    told = scaffold("adopt", "--project", "strange", "--templates", "templates")
    assert (told.code, told.err) == (
        2,
        "Error: 'strange' is like no project of a template.\nHint:  Name its `--template`, and what was `--set`.\n",
    )
    told = scaffold("adopt", "--templates", "templates")
    assert (told.code, told.err) == (
        2,
        "Error: '.' has no package in `src/`.\nHint:  Go to the folder of a project that `scaffold new` made.\n",
    )
    shutil.copytree(folder / "kept", lost / ".scaffold")
    told = scaffold("adopt", *WHERE)
    assert (
        told.err
        == "Error: 'trial' is a project that is known already.\nHint:  `scaffold status` shows how it stands.\n"
    )
    (lost / ".scaffold/project.toml").write_text("[")
    assert "is damaged" in scaffold("adopt", *WHERE).err
