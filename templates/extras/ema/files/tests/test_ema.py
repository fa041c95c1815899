"""The moving average of the weights is part of the run's state."""

import json
from pathlib import Path

import pytest
from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--max-epochs", "2", "--data.batch-size", "16"]
SMALL += ["--overfit-batches", "2", "--no-compile"]


def test_a_run_without_the_average_is_not_gone_on_with(tmp_path: Path, data_flags: list[str]) -> None:
    """A run without an average is not gone on with as one that keeps one, in a sentence that says so."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path)]
    run(0, parse_config([*flags, "--ema-momentum", "0.1"]))
    (tmp_path / "small" / "results.json").unlink()  # as if it had been left in the middle
    run(0, parse_config([*flags, "--ema-momentum", "0.1", "--resume", "auto"]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] == 2

    plain = [*flags, "--name", "plain"]
    run(0, parse_config(plain))
    (tmp_path / "plain" / "results.json").unlink()
    with pytest.raises(SystemExit, match=r"^Error: The run .* has ema_momentum None, not 0.1"):
        run(0, parse_config([*plain, "--ema-momentum", "0.1", "--resume", str(tmp_path / "plain")]))
