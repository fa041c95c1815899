"""Runs as processes of their own: killed and continued, and two at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

import project_name

SMALL = ["--data.batch-size", "16", "--overfit-batches", "6", "--max-epochs", "4", "--name", "run"]


def words(outputs: Path, *flags: str) -> list[str]:
    """The command of a small run."""
    return [sys.executable, "-m", f"{project_name.__name__}.train", *SMALL, "--output-dir", str(outputs), *flags]


def weights(outputs: Path) -> dict[str, Any]:
    """The network at the end of the run."""
    newest = max((outputs / "run" / "checkpoints").glob("last_*.pt"), key=lambda path: path.stat().st_mtime_ns)
    return torch.load(newest, weights_only=True)["model"]


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path, data_flags: list[str]) -> None:
    """Killed after its first checkpoint and resumed, a run ends with the weights of one left alone, to the bit."""
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    subprocess.run(words(alone, *data_flags, "--backend", "none"), check=True, capture_output=True, timeout=120)

    command = words(killed, *data_flags, "--backend", "none")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(killed.glob("run/checkpoints/last_*.pt")) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = subprocess.run([*command, "--resume", "auto"], check=True, capture_output=True, text=True, timeout=120)

    assert "Going on" in resumed.stdout or "finished" in resumed.stdout
    expected, found = weights(alone), weights(killed)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_two_processes_share_the_work(tmp_path: Path, data_flags: list[str]) -> None:
    """Two spawned processes see each test sample once and report one result."""
    command = words(tmp_path, *data_flags, "--backend", "gloo", "--nproc-per-node", "2")
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert (results["backend"], results["world_size"]) == ("gloo", 2)
