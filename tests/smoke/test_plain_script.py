"""The plain script that projects are held against does what they do: it trains, resumes, and runs on two processes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.projects import ROOT
from tests.warm_python import Program, run

pytestmark = pytest.mark.slow

SCRIPT = str(ROOT / "tests" / "benchmarks" / "plain" / "vision_classification.py")
FLAGS = ("--max-epochs", "2", "--width", "8", "--accumulate", "2", "--clip-grad-norm", "1", "--precision", "bf16")
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def results(folder: Path) -> dict[str, Any]:
    """What a finished run came to."""
    return json.loads((folder / "results.json").read_text())


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """Asked to leave by SIGTERM within an epoch it ends with 75, and resumed as one that nobody stopped."""
    common = [SCRIPT, *FLAGS, "--output-dir", str(tmp_path)]
    done = run([sys.executable, *common, "--name", "alone"], ENVIRONMENT, folder=tmp_path)
    assert done.returncode == 0, done.stderr

    program = Program([*common, "--name", "stopped", "--checkpoint-every", "1"], ENVIRONMENT, folder=tmp_path)
    stopped = tmp_path / "stopped"
    while not list(stopped.glob("last_*.pt")) and program.poll() is None:
        time.sleep(0.01)
    program.send_signal(signal.SIGTERM)
    program.communicate(timeout=200)
    assert program.returncode == 75
    done = run([sys.executable, SCRIPT, "--resume", str(stopped)], ENVIRONMENT, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Going on from" in done.stdout
    one, other = (
        torch.load(max(folder.glob("last_*.pt")), weights_only=False) for folder in (tmp_path / "alone", stopped)
    )
    assert all(torch.equal(value, other["network"][name]) for name, value in one["network"].items())
    assert results(stopped)["metrics"] == results(tmp_path / "alone")["metrics"]
    assert (stopped / "curves.png").is_file()


def test_it_starts_its_processes_itself(tmp_path: Path) -> None:
    """A trial on two of them leaves results; a run that somebody else has is not touched."""
    flags = ("--fast-dev-run", "--nproc-per-node", "2", "--name", "trial", "--output-dir", str(tmp_path))
    done = run([sys.executable, SCRIPT, *flags], ENVIRONMENT, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (results(tmp_path / "trial")["epochs"], results(tmp_path / "trial")["world_size"]) == (1, 2)
    with (tmp_path / "trial" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run([sys.executable, SCRIPT, "--resume", str(tmp_path / "trial")], ENVIRONMENT, folder=tmp_path)
    assert (done.returncode, done.stderr) == (1, f"Error: Another process trains in '{tmp_path / 'trial'}'.\n")


def test_it_learns_on_two_processes(tmp_path: Path) -> None:
    """Three epochs under torchrun are enough for nine of ten digits, and each test sample is counted once."""
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    flags = ("--max-epochs", "3", "--name", "two", "--output-dir", str(tmp_path))
    done = run([*torchrun, SCRIPT, *flags], ENVIRONMENT, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    metrics, world_size = results(tmp_path / "two")["metrics"], results(tmp_path / "two")["world_size"]
    assert (metrics["accuracy"] > 0.9, world_size) == (True, 2)
    assert metrics["accuracy"] * 269 == pytest.approx(round(metrics["accuracy"] * 269))
