"""The memory that a training takes stands in the history, and what takes it in the log."""

import csv
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run


def test_memory(tmp_path: Path, data_flags: list[str]) -> None:
    """It is some of what a machine has, and weights, gradients and the optimizer's state are some of it."""
    flags = ["--backend", "none", "--fast-dev-run", "--no-compile", "--name", "small", "--output-dir", str(tmp_path)]
    run(0, parse_config([*flags, *data_flags]))
    with (tmp_path / "small" / "history.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert 0.0 < float(row["train_memory_gib"]) < 10000.0
    log = (tmp_path / "small" / "log.txt").read_text()
    assert f"Memory in GiB: {float(row['train_memory_gib']):.2f} at most: weights " in log
