"""A whole run, small: it leaves what it should and learns."""

import csv
import json
import math
from pathlib import Path

import pytest
from project_name.config import parse_config
from project_name.runtime.run import open_run_folder
from project_name.train import run
from short_run import short_run

SMALL = ["--backend", "none", "--name", "small", "--max-epochs", "3"]
SMALL += ["--data.batch-size", "16", "--overfit-batches", "4", "--no-compile"]


def test_a_run_leaves_its_files(tmp_path: Path, data_flags: list[str]) -> None:
    """Configuration, history, log, checkpoints, curves and results are there, and say the same."""
    run(0, parse_config([*SMALL, *data_flags, "--output-dir", str(tmp_path)]))
    outputs = tmp_path / "small"
    left = {path.name for path in outputs.iterdir()}
    assert {"config.yaml", "history.csv", "log.txt", "checkpoints", "curves.png", "results.json"} <= left
    results = json.loads((outputs / "results.json").read_text())
    assert (results["epochs"], results["backend"], results["world_size"]) == (3, "none", 1)
    with (outputs / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(math.isfinite(float(row["train_loss"])) for row in rows)


def test_its_configuration_starts_the_same_run(tmp_path: Path, data_flags: list[str]) -> None:
    """`--config` of the saved file gives the configuration that was saved, but for the name, which was that run's."""
    given = parse_config([*SMALL, *data_flags, "--output-dir", str(tmp_path)])
    folder = open_run_folder(given, given.output_dir, name=given.name, resume=given.resume)
    assert parse_config(["--config", str(folder.config), "--name", "small"]) == given


def test_a_fast_dev_run_goes_through_everything(tmp_path: Path, data_flags: list[str]) -> None:
    """One batch of each kind reaches the results."""
    assert json.loads((short_run(tmp_path, data_flags) / "results.json").read_text())["epochs"] == 1


def test_a_saved_configuration_that_does_not_fit_is_explained(tmp_path: Path) -> None:
    """A field that there is not, and a value of another type, are named in one sentence."""
    file = tmp_path / "config.yaml"
    for text, fault in (
        ("optimizer: {beta: 1}", "optimizer.beta: there is no such field"),
        ("seed: a", "Expected `int`"),
    ):
        file.write_text(text)
        with pytest.raises(SystemExit, match=fault):
            parse_config(["--config", str(file)])


def test_flags_beside_a_saved_configuration_win(tmp_path: Path) -> None:
    """What a flag does not change is as it was saved."""
    file = tmp_path / "config.yaml"
    file.write_text("seed: 7\nmax_epochs: 3\n")
    config = parse_config(["--config", str(file), "--seed", "8"])
    assert (config.seed, config.max_epochs) == (8, 3)
