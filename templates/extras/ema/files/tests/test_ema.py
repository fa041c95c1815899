"""The moving average of the weights is part of the run's state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--max-epochs", "2", "--data.batch-size", "16"]
SMALL += ["--overfit-batches", "4"]


def test_a_run_without_the_average_is_not_gone_on_with(tmp_path: Path, data_flags: list[str]) -> None:
    """A state without an average is refused by a run that keeps one, in a sentence that says so; one with it is not."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path)]
    run(0, parse_config([*flags, "--ema-momentum", "0.1"]))
    (tmp_path / "small" / "results.json").unlink()  # as if it had been left in the middle
    run(0, parse_config([*flags, "--ema-momentum", "0.1", "--resume", "auto"]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] == 2

    plain = [*flags, "--name", "plain"]
    run(0, parse_config(plain))
    (tmp_path / "plain" / "results.json").unlink()
    with pytest.raises(SystemExit, match=r"^Error: The checkpoint .* lacks `ema`"):
        run(0, parse_config([*plain, "--ema-momentum", "0.1", "--resume", str(tmp_path / "plain")]))
