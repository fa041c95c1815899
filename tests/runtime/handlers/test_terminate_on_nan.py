"""A training whose numbers break is stopped."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.terminate_on_nan import TerminateOnNan
from scaffold_runtime.handlers.time_limit import TimeLimit


def stops_at(outputs: list[Any], **options: Any) -> int:
    """The iteration after which a trainer with these outputs ends."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: outputs[engine.state.iteration - 1])
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan(**options))
    return trainer.run([0] * len(outputs)).iteration


@pytest.mark.parametrize(
    "bad",
    [
        math.nan,
        math.inf,
        torch.tensor(math.nan),
        torch.tensor([1.0, -math.inf]),
        {"loss": [torch.tensor(1.0), (torch.tensor(math.nan), "text")]},
    ],
)
def test_it_stops_at_the_iteration_that_broke(bad: Any) -> None:
    """A number that is none, anywhere in the output, ends the run at once on the CPU."""
    assert stops_at([1.0, torch.ones(2), bad, 1.0]) == 3


def test_whole_numbers_and_text_are_fine() -> None:
    """Outputs without floats never stop a run."""
    assert stops_at([1, torch.arange(3), "nan", None, {"a": b"x"}]) == 5


def test_it_looks_as_seldom_as_it_is_told() -> None:
    """With `check_every=3` a NaN of iteration 4 is found at 6, and one of the last iteration at the end."""
    assert stops_at([1.0, 1.0, 1.0, math.nan, 1.0, 1.0, 1.0], check_every=3) == 6
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: torch.tensor(math.nan if batch == 4 else 0.0))
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan(check_every=3))
    assert trainer.run([0, 1, 2, 3, 4], max_epochs=2).epoch == 1


def test_it_looks_at_the_end_of_an_epoch_wherever_that_is() -> None:
    """The first epoch is cut after two steps, the second ends with the fifth: there it sees what broke before."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: float("nan") if engine.state.iteration == 4 else 0.0)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan(check_every=100))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: trainer.terminate_epoch())
    assert trainer.run([0] * 3, max_epochs=9).iteration == 5


def test_what_is_looked_at_can_be_chosen() -> None:
    """Only what `output_transform` gives is looked at."""
    assert stops_at([(math.nan, 1.0), (1.0, math.nan)], output_transform=lambda output: output[1]) == 2


def test_between_two_looks_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host reads a tensor as often as it looks, and never in between; a number on the CPU is at hand."""
    reads: list[int] = []
    read: Callable[[Tensor], bool] = Tensor.__bool__

    def counted(tensor: Tensor) -> bool:
        reads.append(1)
        return read(tensor)

    monkeypatch.setattr(Tensor, "__bool__", counted)
    assert stops_at([torch.tensor([1.0])] * 100, check_every=50) == 100
    assert len(reads) == 2


def test_it_says_why(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the iteration."""
    with caplog.at_level(logging.WARNING):
        stops_at([1.0, math.nan])
    assert "The output of iteration 2, or of one shortly before, has NaN or infinity: training stops." in caplog.text


def test_all_processes_stop_together(run_program: Callable[..., list[str]]) -> None:
    """A NaN on one of two processes ends the run on both, at the same iteration."""
    for output in run_program("nan_on_one_rank.py", processes=2):
        assert output.splitlines()[-1] == "stopped at 10"


def test_a_nan_on_one_process_is_saved_by_none(tmp_path: Path, run_program: Callable[..., list[str]]) -> None:
    """Both look before they save, at the same iteration; what is left is the checkpoint from before the NaN."""
    for output in run_program("nan_on_one_rank.py", tmp_path, processes=2):
        assert output.splitlines()[-1] == "stopped at 8"
    assert [path.name for path in tmp_path.glob("*.pt")] == ["trainer_6.pt"]


@pytest.mark.parametrize("asks_first", [False, True], ids=["nan-first", "checkpoint-first"])
@pytest.mark.parametrize("check_every", [None, 50])
def test_what_has_broken_is_not_saved(asks_first: bool, check_every: int | None, tmp_path: Path) -> None:
    """A checkpoint asked for between two looks, or at the step that broke, keeps the one before, and says so."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: torch.tensor(math.nan if batch == 5 else 0.0))
    checkpoint = Checkpoint({"trainer": trainer}, tmp_path)
    handlers = [TerminateOnNan(check_every=check_every), checkpoint]
    for handler in reversed(handlers) if asks_first else handlers:
        trainer.add_event_handler(Events.ITERATION_COMPLETED, handler)
    with pytest.warns(UserWarning, match=r"^The run is not saved: its numbers have broken\. What was saved before is"):
        trainer.run(range(1, 101))
    assert trainer.state.iteration == 5
    assert [path.name for path in tmp_path.glob("*.pt")] == ["trainer_4.pt"]
    trainer.run(range(6, 11))  # a new run, with sound numbers
    assert trainer.state.iteration == 5
    assert [path.name for path in tmp_path.glob("*.pt")] == ["trainer_5.pt"]


def test_a_departure_does_not_save_what_has_broken(tmp_path: Path) -> None:
    """A run that is out of time and has a NaN ends for good, and leaves the checkpoint from before it."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: math.nan if batch == 5 else 0.0)
    checkpoint = Checkpoint({"trainer": trainer}, tmp_path)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), checkpoint)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan(check_every=50))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=7), TimeLimit(1e-9, checkpoint))
    assert trainer.run(range(1, 101)).iteration == 7
    assert [path.name for path in tmp_path.glob("*.pt")] == ["trainer_2.pt"]


def test_a_period_below_one_is_refused() -> None:
    """`check_every` counts iterations."""
    with pytest.raises(ValueError, match=r"`check_every` should be at least 1, got 0\."):
        TerminateOnNan(check_every=0)
