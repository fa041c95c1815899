"""Saving within an accumulation window: its gradients are in no state, so everything that saves waits for its end."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from scaffold_runtime.engine import Engine, Events, create_supervised_trainer
from scaffold_runtime.handlers import Checkpoint, ModelCheckpoint, Preemption, TimeLimit
from scaffold_runtime.handlers.preemption import Departure

BATCHES = [(torch.randn(4, 2, generator=torch.Generator().manual_seed(k)), torch.ones(4, 1)) for k in range(10)]
STEPS = 4
WINDOW_ENDS = [4, 8, 10, 14, 18, 20]
"""Of two epochs; the last window of an epoch is shorter."""


def new_run() -> tuple[nn.Module, Engine[Any, Any], dict[str, Any]]:
    """A model, its trainer with windows of four batches, and what belongs into a checkpoint."""
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss, gradient_accumulation_steps=STEPS)
    return model, trainer, {"trainer": trainer, "model": model, "optimizer": optimizer}


def untouched() -> torch.Tensor:
    """The weights of a run that nobody disturbs."""
    model, trainer, _ = new_run()
    trainer.run(BATCHES, max_epochs=2)
    return model.weight.detach()


def resumed(file: Path) -> torch.Tensor:
    """The weights at the end of a run that goes on from a file."""
    model, trainer, objects = new_run()
    Checkpoint.load_objects(objects, file)
    trainer.run(BATCHES)
    return model.weight.detach()


@pytest.mark.parametrize("every", [1, 3, 5, 10])
def test_checkpoint(tmp_path: Path, every: int) -> None:
    """A checkpoint is taken where the window closes, once however often it was asked for, and loses nothing."""
    _, trainer, objects = new_run()
    checkpoint = Checkpoint(objects, tmp_path, n_saved=None)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=every), checkpoint)
    trainer.run(BATCHES, max_epochs=2)
    files = {int(path.stem.split("_")[1]): path for path in tmp_path.glob("*.pt")}
    asked = range(every, 21, every)
    assert sorted(files) == sorted({min(end for end in WINDOW_ENDS if end >= step) for step in asked})
    for file in files.values():
        assert torch.equal(resumed(file), untouched())


def test_model_checkpoint(tmp_path: Path) -> None:
    """So is one that is told what to save where it is attached."""
    model, trainer, _ = new_run()
    checkpoint = ModelCheckpoint(tmp_path, n_saved=None)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=3), checkpoint, {"model": model, "trainer": trainer})
    trainer.run(BATCHES, max_epochs=2)
    files = sorted(int(path.stem.split("_")[1]) for path in tmp_path.glob("*.pt"))
    assert files == sorted({min(end for end in WINDOW_ENDS if end >= step) for step in range(3, 21, 3)})


def test_run_left_within_a_window(tmp_path: Path) -> None:
    """A run that is terminated before the window closes saves at its end."""
    _, trainer, objects = new_run()
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=5), Checkpoint(objects, tmp_path))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=6), trainer.terminate)
    trainer.run(BATCHES, max_epochs=2)
    assert [path.name for path in tmp_path.glob("*.pt")] == ["checkpoint_6.pt"]


@pytest.mark.parametrize("asked", [4, 5, 6, 7])
def test_signal(tmp_path: Path, asked: int) -> None:
    """A signal within a window ends the program when the window closes, and the run goes on as if nothing had been."""
    _, trainer, objects = new_run()
    Preemption(Checkpoint(objects, tmp_path)).attach(trainer)
    trainer.add_event_handler(Events.ITERATION_STARTED(once=asked), lambda: os.kill(os.getpid(), signal.SIGUSR1))
    with pytest.raises(Departure, match="Signal SIGUSR1 came"):
        trainer.run(BATCHES, max_epochs=2)
    (file,) = tmp_path.glob("*.pt")
    assert file.name == f"checkpoint_{4 if asked == 4 else 8}.pt"
    assert torch.equal(resumed(file), untouched())


def test_time_limit(tmp_path: Path) -> None:
    """A time limit that is over at once waits for the first window."""
    _, trainer, objects = new_run()
    limit = TimeLimit(1e-9, Checkpoint(objects, tmp_path))
    trainer.add_event_handler(Events.ITERATION_COMPLETED, limit)
    with pytest.raises(Departure, match="The time limit"):
        trainer.run(BATCHES, max_epochs=2)
    assert [path.name for path in tmp_path.glob("*.pt")] == ["checkpoint_4.pt"]
