"""The table of a run's epochs, through kills and resumes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.csv_logger import CSVLogger, read_rows
from scaffold_runtime.handlers.saving.lost_files import lost_files


def trainer_with_log(path: Path, *, optimizer: Any = None) -> Engine[Any, Any]:
    """A trainer whose loss falls, with its table."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)

    @trainer.on(Events.EPOCH_COMPLETED)
    def measure() -> None:
        trainer.state.metrics["loss"] = torch.tensor(1.0 / trainer.state.epoch)
        trainer.state.metrics["per_class"] = torch.tensor([1.0, 2.0])
        trainer.state.metrics["confusion"] = torch.eye(2)  # no row of a table

    trainer.add_event_handler(Events.EPOCH_COMPLETED, CSVLogger(path, {"train": trainer}, optimizer))
    return trainer


def logger_of(trainer: Engine[Any, Any]) -> CSVLogger:
    """The table of such a trainer."""
    handlers = [listener.handler for listener in trainer.listeners(Events.EPOCH_COMPLETED)]
    return next(handler for handler in handlers if isinstance(handler, CSVLogger))


def test_a_row_per_epoch(tmp_path: Path) -> None:
    """Epoch, metrics, learning rate and seconds stand in one row, numbers as they are."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    trainer_with_log(tmp_path / "logs" / "history.csv", optimizer=optimizer).run([0], max_epochs=2)
    rows = read_rows(tmp_path / "logs" / "history.csv")
    assert [list(row)[:-1] for row in rows] == [
        ["epoch", "train_loss", "train_per_class/0", "train_per_class/1", "learning_rate"]
    ] * 2
    assert [list(row.values())[:-1] for row in rows] == [
        ["1", "1.0", "1.0", "2.0", "0.5"],
        ["2", "0.5", "1.0", "2.0", "0.5"],
    ]
    assert float(rows[0]["seconds"]) > 0


def test_a_resumed_run_has_each_epoch_once(tmp_path: Path) -> None:
    """Epochs that are done again replace their rows; those before stay as they were."""
    path = tmp_path / "history.csv"
    first = trainer_with_log(path)
    first.run([0], max_epochs=3)
    before = read_rows(path)
    resumed = trainer_with_log(path)
    resumed.load_state_dict(first.state_dict() | {"epoch": 2, "iteration": 2, "max_epochs": 4})
    resumed.run([0], max_epochs=4)
    after = read_rows(path)
    assert [row["epoch"] for row in after] == ["1", "2", "3", "4"]
    assert after[:2] == before[:2]


def test_a_metric_that_comes_later_gets_a_column(tmp_path: Path) -> None:
    """Rows from before a metric was there have nothing under it."""
    path = tmp_path / "history.csv"
    path.write_text("epoch,old\n1,0.25\n")
    trainer = trainer_with_log(path)
    trainer.load_state_dict({"epoch_length": 1, "epoch": 1, "iteration": 1, "max_epochs": 2})
    trainer.run([0], max_epochs=2)
    rows = read_rows(path)
    assert [(row["epoch"], row["old"], row["train_loss"]) for row in rows] == [("1", "0.25", ""), ("2", "", "0.5")]


DAMAGES = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_text(""),
    "cut": lambda path: path.write_text(path.read_text()[:25]),
    "another table": lambda path: path.write_text("a,b\n1,2\n"),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "null bytes": lambda path: path.write_bytes(b"epoch\n\x00\x00\n"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_the_state_knows_the_rows(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    """Whatever has become of the file: a run that goes on, and one that was not left, writes all rows again."""
    path = tmp_path / "history.csv"
    trainer = trainer_with_log(path)
    trainer.run([0], max_epochs=3)
    before = read_rows(path)
    damage(path)
    trainer.run([0], max_epochs=4)
    assert read_rows(path)[:3] == before

    damage(path)
    resumed = CSVLogger(path, {"train": trainer})
    resumed.load_state_dict(logger_of(trainer).state_dict())
    trainer.add_event_handler(Events.EPOCH_COMPLETED, resumed)
    trainer.run([0], max_epochs=5)
    assert [row["epoch"] for row in read_rows(path)] == ["1", "2", "3", "4", "5"]
    assert read_rows(path)[:3] == before


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_table_stops_nobody(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    """Without a state there are the rows that can still be read, and the run goes on."""
    path = tmp_path / "history.csv"
    trainer_with_log(path).run([0], max_epochs=2)
    damage(path)
    trainer = trainer_with_log(path)
    trainer.load_state_dict({"epoch_length": 1, "epoch": 2, "iteration": 2, "max_epochs": 3})
    trainer.run([0], max_epochs=3)
    assert read_rows(path)[-1]["epoch"] == "3"


def test_a_table_that_cannot_be_written_is_whole_later(tmp_path: Path) -> None:
    """A folder in its place costs the file, which is said once, and not the run; when it is gone all rows are there."""
    path = tmp_path / "history.csv"
    trainer = trainer_with_log(path)
    path.mkdir()
    with pytest.warns(UserWarning, match=r"^history\.csv could not be written: Is a directory\.") as said:
        trainer.run([0], max_epochs=2)
    assert (len(said), "history.csv" in lost_files) == (1, True)
    path.rmdir()
    trainer.run([0], max_epochs=3)
    assert [row["epoch"] for row in read_rows(path)] == ["1", "2", "3"]
    assert "history.csv" not in lost_files
