"""The speed of a training stands in the history."""

import csv
import json
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--data.batch-size", "16", "--overfit-batches", "4", "--no-compile"]


def test_samples_per_second(tmp_path: Path, data_flags: list[str]) -> None:
    """Each epoch has trained on its samples in a part of the run's time."""
    run(0, parse_config([*SMALL, *data_flags, "--max-epochs", "2", "--output-dir", str(tmp_path)]))
    with (tmp_path / "small" / "history.csv").open(newline="") as file:
        speeds = [float(row["train_samples_per_second"]) for row in csv.DictReader(file)]
    seconds = json.loads((tmp_path / "small" / "results.json").read_text())["seconds"]
    assert len(speeds) == 2
    assert all(speed > 4 * 16 / seconds for speed in speeds)
