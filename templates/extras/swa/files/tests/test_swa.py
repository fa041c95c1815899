"""The mean of the weights is what the run validates and keeps, and part of its state."""

import csv
import json
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run
from project_name.trained import load_trained

SMALL = ["--backend", "none", "--data.batch-size", "16", "--overfit-batches", "4", "--no-compile"]


def history(folder: Path, part: str) -> list[dict[str, str]]:
    """What `history.csv` has of the training's losses, or of the validations: a row for each epoch."""
    with (folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = [name for name in rows[0] if name.startswith(part) and (part == "val_" or name.endswith("_loss"))]
    return [{name: row[name] for name in wanted} for row in rows]


def test_the_mean_is_what_is_validated(tmp_path: Path, data_flags: list[str]) -> None:
    """Of one epoch it is that epoch's weights; of two it is neither's; the training is the one without it."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path), "--max-epochs", "2"]
    run(0, parse_config([*flags, "--name", "plain"]))
    run(0, parse_config([*flags, "--name", "mean", "--swa-start-epoch", "1"]))
    assert history(tmp_path / "mean", "train_") == history(tmp_path / "plain", "train_")
    mean, plain = (history(tmp_path / name, "val_") for name in ("mean", "plain"))
    assert mean[0] == plain[0]
    assert mean[1] != plain[1]


def test_a_run_with_the_mean_goes_on(tmp_path: Path, data_flags: list[str]) -> None:
    """A run that was left in the middle goes on with it, and what it keeps is read back as a network."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path), "--name", "small", "--swa-start-epoch", "2"]
    run(0, parse_config([*flags, "--max-epochs", "2"]))
    (tmp_path / "small" / "results.json").unlink()  # as if it had been left in the middle
    run(0, parse_config([*flags, "--max-epochs", "3", "--resume", str(tmp_path / "small")]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] == 3
    load_trained(tmp_path / "small")
