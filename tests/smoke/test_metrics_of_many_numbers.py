"""A project whose owner measures what is not one number."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.projects import make_project

pytestmark = pytest.mark.slow

MACRO = 'Precision(average="macro", device=device),'
BY_CLASS = """Precision(average=None, device=device),
        "pairs": Average(lambda output: output[0].softmax(1)[:, None] * torch.eye(10)[output[1]][..., None]),
"""


def test_it_trains_through(tmp_path: Path) -> None:
    """Classes have columns, a panel and a list, a matrix has a picture, and nothing warns."""
    project = make_project(tmp_path / "digits", metrics=["precision"], loggers=["tensorboard"])
    steps = project.folder / "src/digits/steps.py"
    text = steps.read_text()
    assert MACRO in text
    text = text.replace(MACRO, BY_CLASS).replace("import Accuracy, ", "import Accuracy, Average, ")
    steps.write_text(text)
    flags = ("--backend", "gloo", "--nproc-per-node", "2", "--max-epochs", "2", "--overfit-batches", "4")
    run = project.train("many", *flags)
    assert "test     accuracy" in run.output
    metrics = run.results["metrics"]
    assert len(metrics["precision"]) == 10
    assert sum(sum(row) for row in metrics["pairs"]) == pytest.approx(1)
    assert (run.folder / "pairs.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((run.folder / "history.csv").read_text().splitlines()))
    assert [float(rows[1][f"val_precision/{index}"]) for index in range(10)] == pytest.approx(metrics["precision"])
    assert not [column for column in rows[0] if "pairs" in column]
