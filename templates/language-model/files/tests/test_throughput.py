"""How fast a training is stands in the history, and is said."""

import csv
import json
from pathlib import Path

import pytest
from project_name.config import parse_config
from project_name.model import operations_per_token
from project_name.train import run
from project_name.trained import load_trained

SMALL = [
    "--backend",
    "none",
    "--name",
    "small",
    "--max-epochs",
    "1",
    "--data.batch-size",
    "2",
    "--overfit-batches",
    "4",
]


def test_tokens_per_second(tmp_path: Path, data_flags: list[str]) -> None:
    """Tokens of four batches of two texts in a part of the run's time; MFU is by the peak that is given."""
    run(0, parse_config([*SMALL, "--no-compile", *data_flags, "--peak-teraflops", "1", "--output-dir", str(tmp_path)]))
    folder, trained = tmp_path / "small", load_trained(tmp_path / "small")
    with (folder / "history.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    speed, mfu = float(row["train_tokens_per_second"]), float(row["train_mfu"])
    length = trained.config.data.length
    assert speed > 4 * 2 * length / json.loads((folder / "results.json").read_text())["seconds"]
    operations = operations_per_token(trained.network, trained.config.model, length)
    assert mfu == pytest.approx(speed * operations / 1e12, rel=1e-3)
    assert f"{speed:,.0f} tokens/s, {mfu:.1%} of 1 teraflops (MFU)" in (folder / "log.txt").read_text()
