"""What one way of spreading a model has saved, another one loads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from scaffold_runtime.handlers.saving.checkpoint_file import read_checkpoint

Run = Callable[..., list[str]]


@pytest.fixture
def train(run_program: Run) -> Run:
    """Runs the program and returns what each process said last: where it began, and what came out."""

    def run(*args: object, processes: int = 1) -> list[str]:
        outputs = run_program("sharded_training.py", *args, processes=processes)
        return [output.splitlines()[-1] for output in outputs]

    return run


@pytest.mark.parametrize("then", [("none", 1), ("ddp", 2), ("fsdp", 3)])
def test_fsdp_saves_what_all_others_load(then: tuple[str, int], tmp_path: Path, train: Run) -> None:
    """Saved from two shards after three steps, the run ends like one that was never spread, however it goes on."""
    train(tmp_path / "plain", "none", 3)
    (expected,) = train(tmp_path / "plain", "none", 6)
    train(tmp_path / "run", "fsdp", 3, processes=2)
    strategy, processes = then
    outputs = train(tmp_path / "run", strategy, 6, processes=processes)
    assert set(outputs) == {expected}


def test_fsdp_loads_what_one_process_has_saved(tmp_path: Path, train: Run) -> None:
    """The way back: weights and the optimizer's state are cut into parts, uneven ones too."""
    train(tmp_path, "none", 3)
    outputs = train(tmp_path, "fsdp", 6, processes=2)
    (expected,) = train(tmp_path / "other", "none", 6)
    assert [output.split()[1] for output in outputs] == [expected.split()[1]] * 2


def test_the_file_has_whole_plain_tensors(tmp_path: Path, train: Run) -> None:
    """Plain torch reads the file: names, indices and shapes are those of one process."""
    train(tmp_path / "fsdp", "fsdp", 2, processes=2)
    train(tmp_path / "plain", "none", 2)
    ours = read_checkpoint(tmp_path / "fsdp" / "checkpoint_2.pt")
    plain = read_checkpoint(tmp_path / "plain" / "checkpoint_2.pt")
    torch.testing.assert_close(ours["model"], plain["model"])
    torch.testing.assert_close(ours["optimizer"]["state"], plain["optimizer"]["state"])
