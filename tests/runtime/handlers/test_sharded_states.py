"""What one way of spreading a model has saved, another one loads."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from scaffold_runtime.handlers.saving.checkpoint_file import read_checkpoint

Run = Callable[..., list[str]]
Train = Callable[..., list[tuple[int, float]]]

# An average over three processes rounds: once a step, over six steps. Adam divides by gradients that may be a thousand
# times smaller than their terms, sums of at most 4 x 5. That is 3e-11; a step too many or few moves weights by 0.1.
ROUNDING = 6 * (4 * 5) * 1000 * sys.float_info.epsilon


@pytest.fixture
def train(run_program: Run) -> Train:
    """Runs the program and returns what each process said last: where it began, and what came out."""

    def run(*args: object, processes: int = 1) -> list[tuple[int, float]]:
        outputs = run_program("sharded_training.py", *args, processes=processes)
        last = [output.splitlines()[-1].split() for output in outputs]
        return [(int(begun), float(total)) for begun, total in last]

    return run


@pytest.mark.parametrize("then", [("none", 1), ("ddp", 2), ("fsdp", 3)])
def test_fsdp_saves_what_all_others_load(then: tuple[str, int], tmp_path: Path, train: Train) -> None:
    """Saved from two shards after three steps, the run ends like one that was never spread, however it goes on."""
    train(tmp_path / "plain", "none", 3)
    ((begun, total),) = train(tmp_path / "plain", "none", 6)
    train(tmp_path / "run", "fsdp", 3, processes=2)
    strategy, processes = then
    outputs = train(tmp_path / "run", strategy, 6, processes=processes)
    assert outputs == [(begun, pytest.approx(total, rel=ROUNDING))] * processes


def test_fsdp_loads_what_one_process_has_saved(tmp_path: Path, train: Train) -> None:
    """The way back: weights and the optimizer's state are cut into parts, uneven ones too."""
    train(tmp_path, "none", 3)
    outputs = train(tmp_path, "fsdp", 6, processes=2)
    ((_, total),) = train(tmp_path / "other", "none", 6)
    assert outputs == [(3, pytest.approx(total, rel=ROUNDING))] * 2


def test_the_file_has_whole_plain_tensors(tmp_path: Path, train: Train) -> None:
    """Plain torch reads the file: names, indices and shapes are those of one process."""
    train(tmp_path / "fsdp", "fsdp", 2, processes=2)
    train(tmp_path / "plain", "none", 2)
    ours = read_checkpoint(tmp_path / "fsdp" / "checkpoint_2.pt")
    plain = read_checkpoint(tmp_path / "plain" / "checkpoint_2.pt")
    torch.testing.assert_close(ours["model"], plain["model"])
    torch.testing.assert_close(ours["optimizer"]["state"], plain["optimizer"]["state"])
