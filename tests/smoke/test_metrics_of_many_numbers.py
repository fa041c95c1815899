"""A project whose owner measures what is not one number."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from tests.projects import GeneratedProject, make_project

pytestmark = pytest.mark.slow

MACRO = 'Precision(average="macro", device=device),'
BY_CLASS = """Precision(average=None, device=device),
        "pairs": Average(lambda output: output[0].softmax(1)[:, None] * torch.eye(10)[output[1]][..., None]),
"""


def edit(project: GeneratedProject, old: str, new: str) -> None:
    """What the owner changes, wherever it stands."""
    (file,) = [file for file in (project.folder / "src" / project.package).glob("*.py") if old in file.read_text()]
    file.write_text(file.read_text().replace(old, new))


def test_it_trains_through(tmp_path: Path) -> None:
    """Classes have columns, a panel and a list, a matrix has a picture, and nothing warns."""
    project = make_project(tmp_path / "digits", metrics=["precision"], loggers=["tensorboard"])
    edit(project, MACRO, BY_CLASS)
    edit(project, "import Accuracy, ", "import Accuracy, Average, ")
    edit(project, 'SHOWN = ("loss", "accuracy")', 'SHOWN = ("loss", "accuracy", "precision")')
    flags = ("--backend", "gloo", "--nproc-per-node", "2", "--max-epochs", "2", "--overfit-batches", "4")
    run = project.train("many", *flags)
    assert re.search(r"val loss \d\.\d{4}  \d+\.\d s", run.output)  # ten numbers have no place in a line
    assert "test     accuracy" in run.output
    metrics = run.results["metrics"]
    assert len(metrics["precision"]) == 10
    assert sum(sum(row) for row in metrics["pairs"]) == pytest.approx(1)
    assert (run.folder / "pairs.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((run.folder / "history.csv").read_text().splitlines()))
    assert [float(rows[1][f"val_precision/{index}"]) for index in range(10)] == pytest.approx(metrics["precision"])
    assert not [column for column in rows[0] if "pairs" in column]
