"""Saving beside the training."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.saving.checkpoint_error import SaveError
from scaffold_runtime.handlers.saving.checkpoint_file import newest_checkpoint, read_checkpoint


class SlowDisk(AsyncDiskSaver):
    """Takes its time, and counts who writes at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.writing = 0
        self.most = 0
        self.go = threading.Event()

    def write(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any]) -> None:
        """Waits, then writes."""
        self.writing += 1
        self.most = max(self.most, self.writing)
        self.go.wait(10)
        time.sleep(0.02)
        super().write(checkpoint, filename, metadata)
        self.writing -= 1


class Weights:
    """A state that training changes in place."""

    def __init__(self) -> None:
        self.value = torch.zeros(1000)

    def state_dict(self) -> dict[str, Any]:
        """The live tensor."""
        return {"value": self.value}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes it over."""
        self.value = state["value"]


def test_what_is_saved_is_what_there_was(tmp_path: Path) -> None:
    """Training that goes on while the disk is slow changes nothing of what is being saved."""
    saver, weights = SlowDisk(tmp_path), Weights()
    saver(weights.state_dict(), "a.pt")
    weights.value += 1
    saver.go.set()
    saver.wait()
    assert read_checkpoint(tmp_path / "a.pt")["value"].sum() == 0


def test_never_are_two_written_at_once(tmp_path: Path) -> None:
    """A save waits for the one before it, and every file is whole and of its own step."""
    saver, weights = SlowDisk(tmp_path), Weights()
    saver.go.set()
    for step in range(5):
        weights.value.fill_(step)
        saver(weights.state_dict(), f"{step}.pt")
    saver.wait()
    assert saver.most == 1
    assert [read_checkpoint(tmp_path / f"{step}.pt")["value"][0] for step in range(5)] == [0, 1, 2, 3, 4]


def test_the_end_of_the_run_waits_for_the_disk(tmp_path: Path) -> None:
    """When `run` returns, the last file is there and the one before it is gone."""
    saver, weights = SlowDisk(tmp_path), Weights()
    saver.go.set()
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: weights.value.add_(1))
    checkpoint = Checkpoint({"weights": weights, "trainer": trainer}, saver)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, checkpoint)
    trainer.run([0] * 4)
    assert [path.name for path in tmp_path.glob("*.pt")] == ["checkpoint_4.pt"]
    assert read_checkpoint(tmp_path / "checkpoint_4.pt")["weights"]["value"][0] == 4


def test_the_end_of_the_program_waits_for_the_disk(tmp_path: Path, run_program: Any) -> None:
    """A program that ends right after a save leaves a whole file."""
    run_program("save_and_exit.py", tmp_path)
    assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"


def test_a_failed_write_is_told_by_the_next_call(tmp_path: Path) -> None:
    """The step that asked has gone on; the next save, or the wait at the end, says what failed, once."""
    folder = tmp_path / "gone"
    saver = AsyncDiskSaver(folder)
    folder.rmdir()
    saver({}, "a.pt")
    with pytest.raises(SaveError, match=r"a\.pt' could not be written: No such file or directory"):
        saver({}, "b.pt")
    with pytest.raises(SaveError, match=r"b\.pt' could not be written"):
        saver.wait()
    saver.wait()


def test_a_failed_write_costs_no_older_file(tmp_path: Path) -> None:
    """Rotation does not remove the last good file while newer ones fail; training goes on with warnings."""
    folder, away = tmp_path / "checkpoints", tmp_path / "away"
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    checkpoint = Checkpoint({"trainer": trainer}, AsyncDiskSaver(folder))
    trainer.add_event_handler(Events.ITERATION_COMPLETED, checkpoint)

    @trainer.on(Events.ITERATION_COMPLETED(once=2), priority=1)
    def disturb() -> None:
        checkpoint.wait()
        folder.rename(away)

    with pytest.warns(UserWarning, match="could not be written"):
        trainer.run([0] * 4)
    assert [path.name for path in away.glob("*.pt")] == ["trainer_1.pt"]
    assert checkpoint.last_checkpoint is None


def test_the_memory_of_a_copy_is_used_again(tmp_path: Path, run_program: Any) -> None:
    """Saving many times takes the host memory of one copy, and no more: 64 MiB here."""
    assert 50 < int(run_program("peak_memory.py", tmp_path)[0]) < 80
