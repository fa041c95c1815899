"""The mean of the weights is what the run keeps, and part of its state."""

import json
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run
from project_name.trained import load_trained

SMALL = ["--backend", "none", "--name", "small", "--data.batch-size", "16", "--overfit-batches", "4", "--no-compile"]


def test_a_run_with_the_mean_goes_on(tmp_path: Path, data_flags: list[str]) -> None:
    """It is validated, kept and read back, and a run that was left in the middle goes on with it."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path), "--swa-start-epoch", "2"]
    run(0, parse_config([*flags, "--max-epochs", "2"]))
    (tmp_path / "small" / "results.json").unlink()  # as if it had been left in the middle
    run(0, parse_config([*flags, "--max-epochs", "3", "--resume", str(tmp_path / "small")]))
    assert json.loads((tmp_path / "small" / "results.json").read_text())["epochs"] == 3
    assert load_trained(tmp_path / "small").network is not None
