"""A short storm over a generated project; `make storm` is the long one."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.projects import EXTRAS, GeneratedProject, make_project
from tests.storm.comparison import differences
from tests.storm.processes import send
from tests.storm.scenarios import SCENARIOS
from tests.storm.storm import Trial, storm

PROGRAMS = Path(__file__).parent / "programs"
BY_NAME = {scenario.name: replace(scenario, warm=True) for scenario in SCENARIOS}
SHORT = ("--max-epochs", "3")  # the last of two flags counts


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The default project."""
    return make_project(tmp_path_factory.mktemp("storm") / "digits", extras=EXTRAS)


@pytest.mark.slow
def test_a_killed_run_ends_as_an_untouched_one(project: GeneratedProject) -> None:
    """Weights, optimizer, average, random numbers, history and files are the same to the bit after four kills."""
    scenario = BY_NAME["one process, everything"]
    outcome = storm(project, replace(scenario, flags=(*scenario.flags, *SHORT), kills=4), seed=4)
    assert outcome.kills == 4
    assert outcome.differences == []


@pytest.mark.slow
def test_a_run_that_is_told_to_leave_ends_as_an_untouched_one(project: GeneratedProject) -> None:
    """Signals to all its processes, a loader's worker too, at any moment: saved, 75 or 130, and the same end."""
    scenario = BY_NAME["one process, told"]
    outcome = storm(project, replace(scenario, flags=(*scenario.flags, *SHORT), kills=5), seed=1)
    assert outcome.kills == 5
    assert outcome.differences == []


@pytest.mark.slow
def test_a_signal_at_any_line_ends_the_program(tmp_path: Path) -> None:
    """Before it trains and after it, in a new run and in one that goes on: 75 wherever SIGTERM comes."""
    project = make_project(tmp_path / "digits", extras=["ema", "time-limit"])  # twins have none of its threads
    program = (sys.executable, str(PROGRAMS / "told_at_each_line.py"), "src", project.package)
    flags = ("--backend", "none", "--data.num-workers", "0", "--overfit-batches", "13", "--model.width", "8")
    for more in (("--max-epochs", "1"), ("--max-epochs", "2", "--resume", "outputs/lines")):
        told, elsewhere = json.loads(project.call(*program, *flags, "--name", "lines", *more).stdout.splitlines()[-1])
        assert elsewhere == {}
        assert told > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", ["full disk", "two at once"])
def test_a_run_with_a_mishap_ends_as_an_untouched_one(project: GeneratedProject, name: str) -> None:
    """The disk is full until it is killed, or it is started twice."""
    scenario = BY_NAME[name]
    outcome = storm(project, replace(scenario, flags=(*scenario.flags, *SHORT), kills=1), seed=2)
    assert outcome.kills == 1
    assert outcome.differences == []


@pytest.mark.slow
def test_torchrun_goes_on_without_help_when_a_worker_is_killed(project: GeneratedProject) -> None:
    """With `--max-restarts` the group starts again from the newest checkpoint, to the bits of an untouched run."""
    scenario = BY_NAME["two, torchrun"]
    restarting = ("--max-restarts", "2", "--monitor-interval", "0.1")
    scenario = replace(
        scenario, name="restarts", flags=(*scenario.flags, *SHORT), launcher=(*scenario.launcher, *restarting)
    )
    untouched = Trial(project, scenario, "untouched")
    untouched.run_alone()
    trial = Trial(project, scenario, "killed")
    with trial.started() as processes:
        trial.wait_for_checkpoint(processes)
        send(processes.children()[-1], signal.SIGKILL)
        while processes.exit_code is None:
            time.sleep(0.01)
    assert processes.exit_code == 0, trial.told()
    assert trial.num_resumed == 1
    assert differences(untouched.run, trial.run) == []


def test_the_comparison_sees_one_bit(tmp_path: Path) -> None:
    """A weight that differs in its last bit, a row, a result or a file too many is a difference."""
    weight = torch.ones(3)
    for name, value in (("one", weight), ("same", weight), ("other", torch.nextafter(weight, 2 * weight))):
        folder = tmp_path / name / "checkpoints"
        folder.mkdir(parents=True)
        for series in ("last", "best"):
            torch.save({"model": value, "step": 3, "score": float("nan")}, folder / f"{series}_3.pt")
        (tmp_path / name / "history.csv").write_text(f"epoch,loss,seconds\n1,0.5,{len(name)}\n")
        (tmp_path / name / "results.json").write_text(json.dumps({"epochs": 1, "seconds": len(name)}))
    assert differences(tmp_path / "one", tmp_path / "same") == []
    assert differences(tmp_path / "one", tmp_path / "other") == [
        "last.model: tensors differ",
        "best.model: tensors differ",
    ]
    (tmp_path / "one" / "checkpoints" / "last_2.pt").touch()
    os.utime(tmp_path / "one" / "checkpoints" / "last_2.pt", (0, 0))
    assert differences(tmp_path / "one", tmp_path / "same", may_lack=True) == []
    assert len(differences(tmp_path / "one", tmp_path / "same")) == 1
    (tmp_path / "one" / "checkpoints" / "last_2.pt").unlink()
    (tmp_path / "same" / "checkpoints" / ".last_9.pt.tmp").touch()
    (tmp_path / "same" / "history.csv").write_text("epoch,loss,seconds\n1,0.25,1\n")
    assert differences(tmp_path / "one", tmp_path / "same") == [
        "unfinished .last_9.pt.tmp",
        "history[0].loss: '0.5', and '0.25'",
    ]
