"""Saving beside the training."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver, Staging
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


def test_a_copy_has_nothing_in_common_with_the_original() -> None:
    """Tensors and containers of the copy stay as they were, whatever happens to the original."""
    state = {"a": torch.zeros(3), "nested": [{"b": torch.zeros(2)}, (1, "two")]}
    copied = Staging().copy(state)
    state["a"] += 1
    state["nested"][0]["b"] += 1
    state["nested"].append(3)
    assert copied["a"].tolist() == [0, 0, 0]
    assert [copied["nested"][0]["b"].tolist(), *copied["nested"][1:]] == [[0, 0], (1, "two")]


def test_the_memory_of_a_copy_is_taken_by_the_next() -> None:
    """The same shapes are copied into the same memory; another shape gets memory of its own."""
    copies = Staging()
    first = copies.copy({"a": torch.zeros(3), "b": torch.zeros(2)})
    places = first["a"].data_ptr(), first["b"].data_ptr()
    second = copies.copy({"a": torch.ones(3), "b": torch.ones(4)})
    assert second["a"].data_ptr() == places[0]
    assert second["b"].tolist() == [1, 1, 1, 1]


def test_shared_weights_stay_shared() -> None:
    """Weights that two layers share are copied once, and share memory in the copy."""
    model = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    model[1].weight = model[0].weight
    copied = Staging().copy(model.state_dict())
    assert copied["0.weight"].data_ptr() == copied["1.weight"].data_ptr()


def test_versions_of_modules_come_along() -> None:
    """What torch keeps beside the names of a state, for loading old ones, is kept."""
    state = nn.BatchNorm1d(1).state_dict()
    assert Staging().copy(state)._metadata == state._metadata  # pyright: ignore[reportAttributeAccessIssue]  # torch's own
