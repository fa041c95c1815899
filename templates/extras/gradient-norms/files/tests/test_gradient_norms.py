"""Norms of gradients stand in the history."""

import csv
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--data.batch-size", "16", "--overfit-batches", "4", "--no-compile"]


def test_norms_before_and_after(tmp_path: Path, data_flags: list[str]) -> None:
    """With a bound that is never reached each step is clipped, and the norms are those from before."""
    flags = ["--max-epochs", "2", "--optimizer.clip-grad-norm", "1e-6", "--precision", "fp32"]
    # In fp32: fp16 leaves its first steps out, until it has found its scale.
    run(0, parse_config([*SMALL, *data_flags, *flags, "--output-dir", str(tmp_path)]))
    with (tmp_path / "small" / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["train_clipped"]) for row in rows] == [1.0, 1.0]
    assert all(1e-6 < float(row["train_gradient_norm"]) <= float(row["train_gradient_norm_max"]) for row in rows)
