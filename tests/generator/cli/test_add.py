from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

WHERE = ("--project", "trial", "--templates", "templates")


@pytest.fixture
def trial(folder: Path, scaffold) -> Path:
    """A project of the greeting template."""
    assert scaffold("new", "trial", "-t", "greeting", "--templates", "templates", "--yes").code == 0
    return folder / "trial"


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a project."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_logger_is_added_once_and_taken_away(trial: Path, scaffold) -> None:
    """Its dependency comes into an edited file, twice is once, and without it all is as before but the edit."""
    (trial / "README.md").write_text("Mine.\n" + (trial / "README.md").read_text())
    before = files(trial)
    done = scaffold("add", "logger", "mlflow", *WHERE)
    assert (done.code, done.err) == (0, "")
    assert "  loggers: none -> mlflow\n" in done.out
    assert '"mlflow>=3"' in (trial / "pyproject.toml").read_text()
    readme = (trial / "README.md").read_text()
    assert "loggers mlflow" in readme
    assert "Mine." in readme
    added = files(trial)
    assert scaffold("add", "logger", "mlflow", *WHERE).out.startswith("Nothing to do")
    assert files(trial) == added
    assert scaffold("remove", "logger", "mlflow", *WHERE).code == 0
    assert files(trial) == before


def test_a_requirement_comes_into_an_edited_list(trial: Path, scaffold) -> None:
    """Beside the owner's own, in their layout; one that they pinned themselves stays so and is told, with 0."""
    pyproject = trial / "pyproject.toml"
    made = pyproject.read_text()
    lists = re.search(r"dependencies = \[.*?\]\n", made, re.DOTALL)
    assert lists is not None
    pyproject.write_text(made.replace(lists[0], "dependencies = ['timm', \"mlflow==2.9\"] # mine\n"))
    done = scaffold("add", "logger", "mlflow", *WHERE)
    assert (done.code, done.err) == (0, "")
    assert "requirements that you changed, too: yours stay\n  mlflow==2.9  the templates have mlflow>=3\n" in done.out
    assert scaffold("add", "logger", "tensorboard", *WHERE).code == 0
    text = pyproject.read_text()
    assert tomllib.loads(text)["project"]["dependencies"] == ["timm", "mlflow==2.9", "tensorboard>=2.18"]
    assert 'dependencies = [\'timm\', "mlflow==2.9", "tensorboard>=2.18"] # mine\n' in text
    document = json.loads(scaffold("remove", "logger", "mlflow", "--json", *WHERE).out)
    kept = {"path": "pyproject.toml", "list": "project.dependencies", "yours": "mlflow==2.9", "new": None}
    assert document["kept_requirements"] == [kept]
    assert scaffold("remove", "logger", "tensorboard", *WHERE).code == 0
    assert tomllib.loads(pyproject.read_text())["project"]["dependencies"] == ["timm", "mlflow==2.9"]


def test_a_module_of_the_runtime_comes_with_its_closure(trial: Path, scaffold) -> None:
    """A metric that no option offers is there with what it imports, stays over updates, and goes again."""
    before = files(trial)
    done = scaffold("add", "metric", "SSIM", *WHERE)
    assert (done.code, done.out.splitlines()[-1]) == (0, "Use it: from .runtime.metrics import SSIM")
    assert {"src/trial/runtime/metrics/ssim.py", "src/trial/runtime/metrics/metric.py"} <= files(trial).keys()
    assert "from .ssim import SSIM as SSIM" in (trial / "src/trial/runtime/metrics/__init__.py").read_text()
    assert scaffold("update", *WHERE).out.startswith("Nothing to do")
    assert scaffold("remove", "metric", "SSIM", *WHERE).code == 0
    assert files(trial) == before


def test_what_is_not_added_is_not_said_to_be(trial: Path, scaffold, terminal) -> None:
    """How to use a module is told when it is there: not when its owner says no, nor for a look ahead."""
    before = files(trial)
    assert "Use it" not in scaffold("add", "metric", "SSIM", "--dry-run", *WHERE).out
    window = terminal("add", "metric", "SSIM", *WHERE).see("Change it").press("n").see("Interrupted")
    assert window.end() == 130
    assert "Use it" not in window.text()
    assert files(trial) == before


def test_what_the_owner_imports_stays(trial: Path, scaffold) -> None:
    """A module that a file of the owner's imports does not go away with what brought it."""
    assert scaffold("add", "metric", "SSIM", *WHERE).code == 0
    (trial / "src/trial/own.py").write_text("from .runtime.metrics import SSIM\n\nprint(SSIM)\n")
    assert scaffold("remove", "metric", "SSIM", *WHERE).code == 0
    assert (trial / "src/trial/runtime/metrics/ssim.py").exists()
    (trial / "src/trial/own.py").unlink()
    assert scaffold("update", *WHERE).code == 0
    assert not (trial / "src/trial/runtime/metrics").exists()


def test_what_was_edited_stays_when_its_part_goes(trial: Path, scaffold) -> None:
    """A file that an addition brought and its owner edited is theirs when the addition goes, and is listed."""
    assert scaffold("set", "bells=yes", *WHERE).code == 0
    bells = trial / "src/trial/bells.py"
    bells.write_text(bells.read_text() + "\nMINE = 1\n")
    done = scaffold("set", "bells=no", *WHERE)
    assert (done.code, done.err) == (0, "")
    assert "left (1 file): no longer made; your edits keep it\n  src/trial/bells.py\n" in done.out
    assert "MINE = 1" in bells.read_text()


def test_answers_are_set(trial: Path, scaffold) -> None:
    """Several at once, those that another one opens among them; an answer that closes others drops them."""
    done = scaffold("set", "tone=loud", "volume=3", "loggers=mlflow,tensorboard", *WHERE)
    assert done.code == 0
    assert done.out.splitlines()[:4] == [
        "Changed 'trial'.",
        "  loggers: none -> tensorboard, mlflow",
        "  tone: warm -> loud",
        "  volume: none -> 3",
    ]
    assert (trial / "src/trial/train.py").read_text().count('TONE = "loud"\nVOLUME = 3') == 1
    assert scaffold("set", "tone=warm", *WHERE).code == 0
    answers = json.loads(scaffold("status", "--json", *WHERE).out)["answers"]
    assert answers == {"backend": "auto", "loggers": ["tensorboard", "mlflow"], "tone": "warm", "bells": False}


def test_what_can_be_added_is_listed(trial: Path, scaffold) -> None:
    """Without a name: each kind with a line for each, and what is there already says so."""
    assert scaffold("add", "logger", "mlflow", *WHERE).code == 0
    done = scaffold("add", "logger", *WHERE)
    assert done.out == (
        "logger\n  tensorboard  event files\n  mlflow       a server of your own (there)\n\n"
        "`scaffold add KIND NAME` adds one.\n"
    )
    document = json.loads(scaffold("add", "--json", *WHERE).out)
    assert document["schema"] == "torch-scaffold/additions/1"
    found = {(each["kind"], each["name"]): each for each in document["additions"]}
    assert found["logger", "mlflow"]["there"]
    assert found["metric", "SSIM"]["help"].endswith(".")
    assert {kind for kind, _ in found} == {"logger", "metric", "handler"}


def test_a_person_chooses_what_to_add(trial: Path, terminal) -> None:
    """On a terminal the kind is asked for, then the name, then whether to change what is shown."""
    window = terminal("add", *WHERE).see("What to add.").press("enter").see("Which one.").press("down", "enter")
    window.see("loggers: none -> mlflow").see("Change it").press("y").see("Changed 'trial'.")
    assert window.end() == 0
    assert '"mlflow>=3"' in (trial / "pyproject.toml").read_text()


def test_a_deleted_file_comes_back(trial: Path, scaffold) -> None:
    """As it would be made now, and no other one; twice is once, and what is there is left as it is."""
    made = files(trial)
    (trial / "README.md").unlink()
    (trial / "src/trial/train.py").unlink()
    assert scaffold("add", "logger", "mlflow", *WHERE).code == 0  # the record knows what was deleted
    assert not (trial / "README.md").exists()
    assert scaffold("remove", "logger", "mlflow", *WHERE).code == 0
    listed = scaffold("add", "template-file", *WHERE)
    assert listed.out.startswith(
        "template-file\n  README.md           you deleted it\n  src/trial/train.py  you deleted it\n"
    )
    done = scaffold("add", "template-file", "./src/trial/train.py", *WHERE)
    assert (done.code, done.out) == (0, "Changed 'trial'.\nadded (1 file): new\n  src/trial/train.py\n")
    assert scaffold("add", "template-file", "src/trial/train.py", *WHERE).out.startswith("Nothing to do")
    assert not (trial / "README.md").exists()
    assert scaffold("add", "template-file", "README.md", *WHERE).code == 0
    assert files(trial) == made
    assert scaffold("remove", "template-file", "README.md", *WHERE).err == (
        "Error: A file of the templates is removed by deleting it.\nHint:  No update brings it back.\n"
    )


def test_a_file_that_is_none_of_the_templates(trial: Path, scaffold) -> None:
    """The part that would bring it is named; else what the project lacks."""
    done = scaffold("add", "template-file", "src/trial/bells.py", *WHERE)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: 'src/trial/bells.py' is of a part that the project does not have.\n"), done.err
    assert scaffold("add", "template-file", *WHERE).out == "No file of the templates is missing.\n"
    (trial / "README.md").unlink()
    assert scaffold("add", "template-file", "REDME.md", *WHERE).err == (
        "Error: There is no file of the templates 'REDME.md'.\nHint:  Did you mean 'README.md'? It lacks README.md.\n"
    )
