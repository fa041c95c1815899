"""Runs as processes of their own: killed and continued, by as many processes and by others."""

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
from project_name.trained import load_trained
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save

SMALL = ["--name", "run", "--data.batch-size", "16", "--overfit-batches", "6", "--max-epochs", "4"]
SMALL += ["--no-compile"]  # compiled kernels, and so the last bits, depend on the shapes that a process has seen before


def flags_of(processes: int) -> list[str]:
    """Flags that start so many processes."""
    return ["--backend", "gloo" if processes > 1 else "none", "--nproc-per-node", str(processes)]


def start(flags: list[str]) -> subprocess.Popen[bytes]:
    """Starts a run."""
    return subprocess.Popen([sys.executable, "-m", run.__module__, *flags], stdout=subprocess.DEVNULL)


def weights(outputs: Path) -> dict[str, Any]:
    """The network at the end of the run, whole."""
    newest = max(outputs.glob("run/checkpoints/last_*.pt"), key=lambda path: path.stat().st_mtime_ns)
    parts = outputs / "run" / "shards" / torch.load(newest, weights_only=True)["parts"]["parts"]
    dcp_to_torch_save(parts, outputs / "whole.pt")
    return torch.load(outputs / "whole.pt", weights_only=True)["model"]


def kill_after_a_checkpoint(flags: list[str], outputs: Path) -> None:
    """Starts a run and ends it without warning once it has saved something."""
    process = start(flags)
    while not list(outputs.glob("run/checkpoints/last_*.pt")) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM if "gloo" in flags else signal.SIGKILL)  # a launcher takes its workers along
    process.wait(timeout=600)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run of one process, which nobody stopped, has left its files."""
    return tmp_path_factory.mktemp("alone")


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 2), (2, 1)])
def test_a_stopped_run_goes_on_to_the_same_weights(
    before: int, after: int, alone: Path, tmp_path: Path, data_flags: list[str]
) -> None:
    """Stopped after its first checkpoint, it ends with the weights of a run that was not: to the bit, if always one."""
    if not (alone / "run").exists():
        run(0, parse_config([*SMALL, *data_flags, *flags_of(1), "--output-dir", str(alone)]))
    flags = [*SMALL, *data_flags, "--output-dir", str(tmp_path)]
    kill_after_a_checkpoint([*flags, *flags_of(before)], tmp_path)
    assert not (tmp_path / "run" / "results.json").exists()
    assert start([*flags, *flags_of(after), "--resume", str(tmp_path / "run")]).wait(timeout=600) == 0

    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert (results["epochs"], results["world_size"]) == (4, after)
    expected, found = weights(alone), weights(tmp_path)
    assert expected.keys() == found.keys()
    for name in expected:
        if before == after == 1:
            assert torch.equal(expected[name], found[name])
        else:
            # Averages over two processes round; Adam's steps, 24 of 3e-3, are by gradients that may be near zero.
            assert (expected[name] - found[name]).abs().mean() < 1e-3
    assert len(list((tmp_path / "run" / "shards").iterdir())) <= 3
    kept = load_trained(tmp_path / "run")  # of which programs that use it need no parts, and one process
    assert not kept.file.name.startswith("last_")
    assert all(parameter.isfinite().all() for parameter in kept.network.parameters())

    for file in kept.file.parent.glob("*.pt"):
        if not file.name.startswith("last_"):
            file.unlink()
    newest = load_trained(tmp_path / "run")  # from the parts
    assert newest.file.name.startswith("last_")
    assert all(torch.equal(value, found[name]) for name, value in newest.network.state_dict().items())
