"""Which networks a run keeps beside its newest state: the best, the newest, those of epochs for good."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from tests.projects import GeneratedProject, Run, make_project
from tests.warm_python import Program

FLAGS = ("--backend", "none", "--overfit-batches", "4", "--data.batch-size", "16")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """A project that keeps each epoch's network, until flags say otherwise."""
    return make_project(tmp_path_factory.mktemp("project") / "digits", checkpoints="every-epoch")


@pytest.fixture(scope="module")
def whole(project: GeneratedProject) -> Run:
    """A run that nobody disturbed."""
    return project.train("whole", *FLAGS, "--max-epochs", "5", "--keep-every", "2")


def networks(folder: Path) -> set[str]:
    """The names of the networks that are kept, without their scores, which name the metric."""
    files = (folder / "checkpoints").glob("*_network_*.pt")
    return {path.stem.partition("_accuracy=")[0] for path in files}


def test_each_epochs_network_may_be_kept(project: GeneratedProject) -> None:
    """As the option says, none of them is removed; the two best are there besides."""
    kept = networks(project.train("all", *FLAGS, "--max-epochs", "4").folder)
    assert {name for name in kept if name.startswith("epoch")} == {f"epoch_network_{number}" for number in range(1, 5)}
    assert len({name for name in kept if name.startswith("best")}) == 2


def test_a_network_may_be_kept_every_few_epochs(whole: Run) -> None:
    """With a flag in place of the option's answer; it is what stood in the state at the end of that epoch."""
    assert {name for name in networks(whole.folder) if name.startswith("epoch")} == {
        "epoch_network_2",
        "epoch_network_4",
    }
    state = torch.load(whole.folder / "checkpoints" / "last_checkpoint_16.pt", weights_only=True)["model"]
    network = torch.load(whole.folder / "checkpoints" / "epoch_network_4.pt", weights_only=True)
    assert state.keys() == network.keys()
    assert all(torch.equal(state[name], network[name]) for name in state)


def test_a_killed_run_keeps_the_same_ones(project: GeneratedProject, whole: Run) -> None:
    """Killed as soon as the first of them is there, and resumed, it ends with the same files and weights."""
    flags = [*FLAGS, "--max-epochs", "5", "--keep-every", "2", "--name", "killed"]
    environment = os.environ | {"PYTHONPATH": str(project.folder / "src"), "OMP_NUM_THREADS": "1"}
    program = Program(["-m", "digits.train", *flags], environment, folder=project.folder)
    folder = project.folder / "outputs" / "killed"
    while not (folder / "checkpoints" / "epoch_network_2.pt").exists() and program.poll() is None:
        time.sleep(0.002)
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=60)
    resumed = project.train("killed", *flags[:-2], "--resume", "outputs/killed")

    assert "Going on from" in resumed.output
    files = {path.name for path in (whole.folder / "checkpoints").glob("*.pt")}
    assert {path.name for path in (folder / "checkpoints").glob("*.pt")} == files
    for name in files:
        if "network" in name:
            one, other = (torch.load(run / "checkpoints" / name, weights_only=True) for run in (whole.folder, folder))
            assert all(torch.equal(one[key], other[key]) for key in one), name


def test_the_newest_networks_may_be_kept(project: GeneratedProject) -> None:
    """The test is of the last epoch's, which validation and test measure alike here; so is what programs use."""
    flags = (
        "--keep",
        "newest",
        "--max-epochs",
        "3",
        "--optimizer.schedule",
        "none",
        "--optimizer.learning-rate",
        "0.1",
    )
    run = project.train("newest", *FLAGS, *flags)
    assert {name for name in networks(run.folder) if not name.startswith("epoch")} == {
        "newest_network_2",
        "newest_network_3",
    }
    header, *rows = (line.split(",") for line in (run.folder / "history.csv").read_text().splitlines())
    last = dict(zip(header, rows[-1], strict=True))
    assert run.results["metrics"]["loss"] == pytest.approx(float(last["val_loss"]), rel=1e-5)
    evaluated = project.call(sys.executable, "-m", "digits.evaluate", "outputs/newest", "--json").stdout
    assert json.loads(evaluated)["checkpoint"] == "newest_network_3.pt"
