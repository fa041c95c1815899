"""The trace of the first iterations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from scaffold_runtime.engine import Engine
from scaffold_runtime.run import profile


@pytest.mark.parametrize(("num_iterations", "traced"), [(2, 2), (20, 3)])
def test_only_the_first_iterations_are_traced(num_iterations: int, traced: int, tmp_path: Path) -> None:
    """As many iterations as asked for, or those of the first epoch where there are fewer."""
    trainer = Engine(lambda engine, batch: torch.zeros(2).cumsum(0))
    profile(trainer, tmp_path / "trace.json", num_iterations=num_iterations)
    trainer.run(range(3), max_epochs=2)
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sum(event["name"] == "aten::cumsum" for event in events) == traced


def test_a_resumed_run_is_traced_from_where_it_goes_on(tmp_path: Path) -> None:
    """The first epoch that runs is the one that is traced, whatever its number is."""
    trainer = Engine(lambda engine, batch: torch.zeros(2).cumsum(0))
    trainer.load_state_dict({"epoch": 1, "epoch_length": 3, "max_epochs": 2})
    profile(trainer, tmp_path / "trace.json")
    trainer.run(range(3), max_epochs=2)
    assert trainer.state.epoch == 2
    assert (tmp_path / "trace.json").is_file()


def test_it_is_done_once(tmp_path: Path) -> None:
    """A second run of the same trainer is not traced."""
    trainer = Engine(lambda engine, batch: None)
    profile(trainer, tmp_path / "trace.json")
    trainer.run(range(3))
    (tmp_path / "trace.json").unlink()
    trainer.run(range(3))
    assert not (tmp_path / "trace.json").exists()
