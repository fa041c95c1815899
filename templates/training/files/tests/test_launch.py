"""Runs as processes of their own: killed and continued, and two at once."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from project_name.config import parse_config
from project_name.train import run

SMALL = ["--name", "run", "--data.batch-size", "16", "--overfit-batches", "6", "--max-epochs", "4"]
SMALL += ["--no-compile"]  # it takes a processor minutes, for each of the processes


def command(flags: list[str]) -> list[str]:
    """The words that start a run."""
    return [sys.executable, "-m", run.__module__, *flags]


def weights(outputs: Path) -> dict[str, Any]:
    """The network at the end of the run."""
    newest = max(outputs.glob("run/checkpoints/last_*.pt"), key=lambda path: path.stat().st_mtime_ns)
    return torch.load(newest, weights_only=True)["model"]


def test_a_killed_run_goes_on_to_the_same_weights(
    tmp_path: Path, data_flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed after its first checkpoint and resumed, a run ends with the weights of one left alone, to the bit."""
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    flags = [*SMALL, *data_flags, "--backend", "none"]
    run(0, parse_config([*flags, "--output-dir", str(alone)]))

    flags += ["--output-dir", str(killed)]
    process = subprocess.Popen(command(flags), stdout=subprocess.DEVNULL)
    while not list(killed.glob("run/checkpoints/last_*.pt")) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(0, parse_config([*flags, "--resume", "auto"]))

    assert "Going on from" in capsys.readouterr().out
    expected, found = weights(alone), weights(killed)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_two_processes_share_the_work(tmp_path: Path, data_flags: list[str]) -> None:
    """Two spawned processes end as one run with one result."""
    flags = ["--fast-dev-run", "--name", "run", "--output-dir", str(tmp_path), *data_flags]
    flags += ["--backend", "gloo", "--nproc-per-node", "2"]
    subprocess.run(command(flags), check=True, capture_output=True, timeout=600)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert (results["backend"], results["world_size"]) == ("gloo", 2)
