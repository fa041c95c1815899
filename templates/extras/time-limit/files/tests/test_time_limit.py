"""A run that is out of time saves itself and asks to be started again."""

import json
from pathlib import Path

import pytest
from project_name.config import parse_config
from project_name.train import run

SMALL = ["--backend", "none", "--name", "small", "--max-epochs", "3"]
SMALL += ["--data.batch-size", "16", "--overfit-batches", "2", "--no-compile"]


def test_a_run_that_has_to_leave_goes_on_later(tmp_path: Path, data_flags: list[str]) -> None:
    """Out of time, a run saves itself and leaves with exit code 75; started again, it goes on to its end."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        run(0, parse_config([*flags, "--time-limit-minutes", "1e-6"]))
    assert left.value.code == 75
    run(0, parse_config([*flags, "--resume", "auto"]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] == 3
    assert "Going on from" in (tmp_path / "small" / "log.txt").read_text()
