"""A run that gets no better stops."""

import json
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--max-epochs", "300", "--data.batch-size", "16"]
SMALL += ["--overfit-batches", "2", "--optimizer.learning-rate", "0", "--no-compile"]


def test_a_run_that_gets_no_better_stops(tmp_path: Path, data_flags: list[str]) -> None:
    """Weights that stay as they are cannot get better for long; statistics of batches may still settle."""
    run(0, parse_config([*SMALL, *data_flags, "--patience", "2", "--output-dir", str(tmp_path)]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] < 300
