"""A whole run, small: it leaves what it should and learns."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--max-epochs", "3"]
SMALL += ["--data.batch-size", "16", "--overfit-batches", "4"]


@pytest.fixture
def outputs(tmp_path: Path, data_flags: list[str]) -> Path:
    """The folder of a small run."""
    run(0, parse_config([*SMALL, *data_flags, "--output-dir", str(tmp_path)]))
    return tmp_path / "small"


def test_a_run_leaves_its_files(outputs: Path) -> None:
    """Configuration, history, log, checkpoints, curves and results are there, and say the same."""
    left = {path.name for path in outputs.iterdir()}
    assert {"config.yaml", "history.csv", "log.txt", "checkpoints", "curves.png", "results.json"} <= left
    results = json.loads((outputs / "results.json").read_text())
    assert (results["epochs"], results["backend"], results["world_size"]) == (3, "none", 1)
    with (outputs / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(math.isfinite(float(row["train_loss"])) for row in rows)


def test_its_configuration_starts_the_same_run(outputs: Path, data_flags: list[str]) -> None:
    """`--config` of the saved file gives the configuration that was saved."""
    given = parse_config([*SMALL, *data_flags, "--output-dir", str(outputs.parent)])
    assert parse_config(["--config", str(outputs / "config.yaml")]) == given


def test_a_fast_dev_run_goes_through_everything(tmp_path: Path, data_flags: list[str]) -> None:
    """One batch of each kind reaches the results."""
    flags = ["--backend", "none", "--fast-dev-run", "--name", "fast", "--output-dir", str(tmp_path)]
    run(0, parse_config([*flags, *data_flags]))
    assert json.loads((tmp_path / "fast" / "results.json").read_text())["epochs"] == 1


def test_a_run_that_has_to_leave_goes_on_later(tmp_path: Path, data_flags: list[str]) -> None:
    """Out of time, a run saves itself and asks to be started again; then it goes on, its average of weights too."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path), "--ema-momentum", "0.1"]
    with pytest.raises(SystemExit) as left:
        run(0, parse_config([*flags, "--time-limit-minutes", "1e-6"]))
    assert left.value.code == 75
    run(0, parse_config([*flags, "--resume", "auto"]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] == 3
    assert "Going on from" in (tmp_path / "small" / "log.txt").read_text()


def test_a_run_of_other_settings_is_not_gone_on_with(tmp_path: Path, data_flags: list[str]) -> None:
    """A state without an average of weights is refused by a run that keeps one, in a sentence that says so."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path)]
    with pytest.raises(SystemExit):
        run(0, parse_config([*flags, "--time-limit-minutes", "1e-6"]))
    with pytest.raises(SystemExit, match=r"^Error: The checkpoint .* lacks `ema`"):
        run(0, parse_config([*flags, "--ema-momentum", "0.1", "--resume", str(tmp_path / "small")]))
