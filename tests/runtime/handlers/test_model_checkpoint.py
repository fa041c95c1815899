"""The checkpoint that is told what to save where it is attached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import nn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.model_checkpoint import ModelCheckpoint
from scaffold_runtime.handlers.saving.checkpoint_file import read_checkpoint


def test_objects_are_given_where_it_is_attached(tmp_path: Path) -> None:
    """The file holds the objects of the attachment, and its name their names."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    checkpoint = ModelCheckpoint(tmp_path, "prefix", n_saved=2)
    trainer.add_event_handler(Events.EPOCH_COMPLETED(every=2), checkpoint, {"mymodel": nn.Linear(3, 3)})
    trainer.run([0] * 5, max_epochs=6)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["prefix_mymodel_20.pt", "prefix_mymodel_30.pt"]
    assert checkpoint.last_checkpoint == tmp_path / "prefix_mymodel_30.pt"


def test_it_listens_to_an_event_that_brings_something(tmp_path: Path) -> None:
    """Attached to `EXCEPTION_RAISED` with its objects, it saves them, and the error is the one that is seen."""

    def step(engine: Engine[Any, Any], batch: int) -> None:
        if engine.state.iteration == 4:
            raise ArithmeticError

    trainer = Engine[Any, Any](step)
    trainer.add_event_handler(Events.EXCEPTION_RAISED, ModelCheckpoint(tmp_path), {"net": nn.Linear(1, 1)})
    with pytest.raises(ArithmeticError):
        trainer.run([0] * 5)
    assert [path.name for path in tmp_path.glob("*.pt")] == ["net_3.pt"]


def test_it_saves_itself_beside_the_model(tmp_path: Path) -> None:
    """With `include_self` the file has the model under its name and the handler's own list."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    checkpoint = ModelCheckpoint(tmp_path, include_self=True)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint, {"net": nn.Linear(1, 1)})
    trainer.run([0] * 5)
    read = read_checkpoint(tmp_path / "net_5.pt")
    assert list(read) == ["net", "checkpointer"]
    assert read["checkpointer"] == {"_saved": [(5, "net_5.pt")]}


def test_nothing_to_save_is_an_error(tmp_path: Path) -> None:
    """Attached without objects, it says how to give them."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, ModelCheckpoint(tmp_path))
    with pytest.raises(RuntimeError, match="attach this handler with objects by name"):
        trainer.run([0])
