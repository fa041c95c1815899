"""What trackers are told of a run; that each of them has it is shown in `tests/trackers`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.run.tracked_run import best_checkpoint, commit, epoch_values, epochs_of


def test_an_epoch_has_the_metrics_of_all_engines() -> None:
    """Under their names; several numbers by index, and no matrix."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    trainer.state.metrics["loss"] = torch.tensor(0.5)
    evaluator.state.metrics.update(recall=torch.tensor([0.25, 0.75]), confusion=torch.eye(3))
    values = epoch_values({"train": trainer, "val": evaluator})
    assert values == {"train/loss": 0.5, "val/recall/0": 0.25, "val/recall/1": 0.75}


def test_history_is_read_as_epochs_were_written(tmp_path: Path) -> None:
    """Columns become names again; the rate and the seconds are no engine's, and a gap is none."""
    history = tmp_path / "history.csv"
    history.write_text("epoch,train_loss,val_recall/0,learning_rate,seconds\n1,0.5,,0.1,2\n2,nan,0.25,0.1,2\n")
    told = epochs_of(history, ("train", "val"))
    assert told[1] == {"train/loss": 0.5}
    assert told[2] == {"train/loss": pytest.approx(float("nan"), nan_ok=True), "val/recall/0": 0.25}
    assert epochs_of(tmp_path / "none.csv", ("train",)) == {}


def test_the_commit_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sign where files have changed; nothing outside of a repository, nor where there is no git."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert commit() == ""
    git = ["git", "-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    (folder / "a.txt").write_text("a")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert commit() == head
    (folder / "a.txt").write_text("b")
    assert commit() == f"{head}+"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() == ""


def test_without_checkpoints_there_is_no_best(tmp_path: Path) -> None:
    """A run that saved none has none to hand over."""
    assert best_checkpoint(tmp_path) is None
