"""A project of every released version, edited as a researcher edits, is updated to now and trained again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.projects import ROOT, GeneratedProject

from scaffold.life.record import recall
from scaffold.life.sync import write_files

RELEASED = Path(__file__).parent / "fixtures/released"
PROJECTS = sorted(path.name for path in RELEASED.iterdir())

LOSS = '''"""A loss of my own."""

from torch import Tensor, nn


class SmoothLoss(nn.Module):
    """Cross-entropy that is never sure."""

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        """A mean over the batch."""
        return nn.functional.cross_entropy(scores, labels, label_smoothing=0.1)
'''
METRIC = '''"""A metric of my own."""

from .runtime.metrics import Metric


class Sureness(Metric):
    """How sure the network is, right or not."""

    def reset(self):
        """Nothing seen yet."""
        self.total = self.count = 0.0

    def update(self, output):
        """Takes a batch in."""
        scores = output[0].softmax(dim=1).max(dim=1).values
        self.total += float(scores.sum())
        self.count += len(scores)

    def compute(self):
        """The mean."""
        return self.total / self.count
'''
SUBSET = "    seven = labels < 7  # mine: the first seven digits\n    images, labels = images[seven], labels[seven]\n"


def made_again(name: str, folder: Path) -> GeneratedProject:
    """The project as its version made it."""
    folder.mkdir()
    shutil.copytree(RELEASED / name / ".scaffold", folder / ".scaffold")
    record = recall(folder)
    write_files(record.files, folder)
    return GeneratedProject(folder, record.origin.name.package)


def replace(path: Path, old: str, new: str) -> None:
    """Edits a text in a file."""
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1))


def edit(source: Path, tests: Path) -> list[str]:
    """What a researcher does to a project of 0.1.0; the lines that are theirs."""
    (source / "losses.py").write_text(LOSS)
    (source / "sureness.py").write_text(METRIC)
    replace(source / "data.py", "    split = torch.", f"{SUBSET}    split = torch.")
    replace(source / "train.py", "loss_fn = nn.CrossEntropyLoss()", "loss_fn = SmoothLoss()")
    replace(source / "train.py", "from .model import", "from .losses import SmoothLoss\nfrom .network import")
    replace(
        source / "evaluation.py", "    metrics = {\n", '    metrics = {\n        "sureness": Sureness(device=device),\n'
    )
    replace(source / "evaluation.py", "\n\ndef create", "\nfrom .sureness import Sureness\n\n\ndef create")
    (source / "model.py").rename(source / "network.py")
    replace(source / "network.py", "\n\n\n", "\n\nMINE = 1\n\n\n")
    replace(tests / "test_model.py", ".model import", ".network import")
    (tests / "test_report.py").unlink()
    lines = [*SUBSET.splitlines(), "from .losses import SmoothLoss", '"sureness": Sureness(device=device),', "MINE = 1"]
    return [line.strip() for line in [*lines, "from .sureness import Sureness", "loss_fn = SmoothLoss()"]]


def settle(folder: Path, conflicts: list[str]) -> None:
    """Takes what is new wherever lines clash, as a person does who then makes their edits again."""
    for path in conflicts:
        text = (folder / path).read_text()
        text = re.sub(r"<<<<<<< yours\n.*?=======\n(.*?)>>>>>>> as it is made now\n", r"\1", text, flags=re.DOTALL)
        (folder / path).write_text(text)


def scaffold(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a project."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("generator", "runtime"))
    command = [sys.executable, "-m", "scaffold", *words]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_that_nobody_edited_becomes_todays(name: str, tmp_path: Path) -> None:
    """Every file is as it would be made now; a project of 0.1.0 keeps all that its runs could do."""
    project = made_again(name, tmp_path / "p")
    done = scaffold(project.folder, "update", "--json")
    assert done.returncode == 0, done.stderr
    status = json.loads(scaffold(project.folder, "status", "--json").stdout)
    assert (status["clean"], status["made_by"]) == (True, status["version"])
    assert {"ema", "early-stopping", "profiler"} <= set(status["answers"]["extras"])
    made = set(map(str, recall(project.folder).files))
    there = {path.relative_to(project.folder) for path in project.folder.rglob("*") if path.is_file()}
    assert {str(path) for path in there if path.parts[0] != ".scaffold"} == made


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_with_edits_is_updated_and_trained_again(name: str, tmp_path: Path) -> None:
    """Own data, loss and metric, a deleted and a renamed file: nothing is lost, and the run has all of them."""
    project = made_again(name, tmp_path / "p")
    source, tests = project.folder / "src" / project.package, project.folder / "tests"
    own_lines = edit(source, tests)
    done = scaffold(project.folder, "update", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    document = json.loads(done.stdout)
    files = {each["path"]: each for each in document["files"]}
    texts = "\n".join(path.read_text() for path in project.folder.rglob("*.py"))
    assert [line for line in own_lines if line not in texts] == []
    assert ((source / "losses.py").read_text(), (source / "sureness.py").read_text()) == (LOSS, METRIC)
    assert not (tests / "test_report.py").exists()
    assert not (source / "model.py").exists()
    assert (document["lost_imports"], [path for path, each in files.items() if each["fate"] == "beside"]) == ({}, [])

    settle(project.folder, [path for path, each in files.items() if each["fate"] == "conflict"])
    assert "seven" not in (source / "data.py").read_text()
    replace(source / "data.py", "    # A generator", f"{SUBSET}    # A generator")
    replace(source / "task.py", "    return nn.CrossEntropyLoss()", "    return SmoothLoss()")
    replace(source / "task.py", "from .runtime", "from .losses import SmoothLoss\nfrom .runtime")
    replace(source / "task.py", "\n\nSCORE", "\nfrom .sureness import Sureness\n\nSCORE")
    replace(
        source / "task.py",
        "    return {\n        SCORE",
        '    return {\n        "sureness": Sureness(device=device),\n        SCORE',
    )
    finished = scaffold(project.folder, "update", "--continue")
    assert (finished.returncode, finished.stdout) == (0, "Done.\n")
    assert scaffold(project.folder, "update").returncode == 0  # what only the old lines imported goes
    assert scaffold(project.folder, "update").stdout.startswith("Nothing to do")

    results = project.train("again", "--max-epochs", "4").results
    assert 0 < results["metrics"]["sureness"] < 1
    assert results["metrics"]["accuracy"] > 0.5
    project.call(sys.executable, "-m", "pytest", "-q", "tests/test_model.py", "tests/test_task.py")
