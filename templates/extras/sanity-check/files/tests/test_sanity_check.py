"""A validation comes before the training, and changes nothing of it."""

import csv
from pathlib import Path
from typing import Any

import pytest
from project_name import train
from project_name.config import parse_config

SMALL = ["--backend", "none", "--data.batch-size", "16", "--overfit-batches", "4", "--max-epochs", "1", "--no-compile"]


def losses(folder: Path) -> list[str]:
    """What `history.csv` has of the training and the validation."""
    with (folder / "history.csv").open(newline="") as file:
        return [value for row in csv.DictReader(file) for name, value in row.items() if name.endswith("_loss")]


def test_errors_come_before_the_training(
    tmp_path: Path, data_flags: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A validation that fails does so before the first step; without the check the training is the same one."""
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path)]
    train.run(0, parse_config([*flags, "--name", "checked"]))
    with monkeypatch.context() as patched:
        patched.setattr(train, "SanityCheck", NoCheck)
        train.run(0, parse_config([*flags, "--name", "unchecked"]))
    assert losses(tmp_path / "checked") == losses(tmp_path / "unchecked")

    monkeypatch.setattr(train, "make_evaluator", broken)
    with pytest.raises(ZeroDivisionError):
        train.run(0, parse_config([*flags, "--name", "broken"]))
    assert not (tmp_path / "broken" / "history.csv").exists()


class NoCheck:
    """What does nothing in the place of the check."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Takes what the check takes."""

    def attach(self, engine: Any) -> None:
        """Listens to nothing."""


def broken(*_: Any) -> Any:
    """An evaluator whose step fails."""
    return train.Engine[Any, Any](lambda engine, batch: 1 / 0)
