"""What one way of spreading a model has saved, another one loads."""

from __future__ import annotations

import shutil
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


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is run once."""
    return tmp_path_factory.mktemp("left")


@pytest.fixture
def after_three(left: Path, tmp_path: Path, train: Train) -> Path:
    """What runs of three steps have left: one of one process in `none`, one of two shards in `fsdp`."""
    for strategy, processes in (("none", 1), ("fsdp", 2)):
        if not (left / strategy).exists():
            train(left / strategy, strategy, 3, processes=processes)
    return Path(shutil.copytree(left, tmp_path / "left"))


@pytest.fixture
def untouched(tmp_path: Path, train: Train) -> float:
    """What one process comes to in six steps, without a stop."""
    ((begun, total),) = train(tmp_path / "untouched", "none", 6)
    assert begun == 0
    return total


@pytest.mark.parametrize(("strategy", "processes"), [("none", 1), ("ddp", 2), ("fsdp", 3)])
def test_fsdp_saves_what_all_others_load(
    strategy: str, processes: int, after_three: Path, untouched: float, train: Train
) -> None:
    """Saved from two shards after three steps, the run ends like one that was never spread, however it goes on."""
    outputs = train(after_three / "fsdp", strategy, 6, processes=processes)
    assert outputs == [(3, pytest.approx(untouched, rel=ROUNDING))] * processes


def test_one_process_goes_on_from_its_own(after_three: Path, untouched: float, train: Train) -> None:
    """Saved and loaded without being spread, the run ends with the same bits."""
    assert train(after_three / "none", "none", 6) == [(3, untouched)]


def test_fsdp_loads_what_one_process_has_saved(after_three: Path, untouched: float, train: Train) -> None:
    """The way back: weights and the optimizer's state are cut into parts, uneven ones too."""
    assert train(after_three / "none", "fsdp", 6, processes=2) == [(3, pytest.approx(untouched, rel=ROUNDING))] * 2


def test_the_file_has_whole_plain_tensors(after_three: Path) -> None:
    """Plain torch reads the file: names, indices and shapes are those of one process."""
    ours, plain = (read_checkpoint(after_three / strategy / "checkpoint_3.pt") for strategy in ("fsdp", "none"))
    torch.testing.assert_close(ours["model"], plain["model"])
    torch.testing.assert_close(ours["optimizer"]["state"], plain["optimizer"]["state"])
