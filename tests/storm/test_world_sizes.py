"""Runs that are killed in the middle of an epoch and go on with another number of processes."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.projects import ROOT
from tests.storm.processes import Processes

PROGRAM = Path(__file__).parent / "programs" / "seen_samples.py"
SAMPLES, BATCHES, EPOCHS = 53, 7, 3


def start(folder: Path, attempt: int, processes: int, *last: int) -> Processes:
    """The program as this many processes; in the step `last`, if given, it waits to be killed."""
    environment = {"PYTHONPATH": str(ROOT / "runtime"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(PROGRAM), str(folder), str(attempt), str(processes), str(EPOCHS), *map(str, last)]
    with (folder / f"output-{attempt}").open("wb") as output:
        return Processes(command, folder, environment, output, warm=True)


def kill_when(folder: Path, attempt: int, processes: int, iteration: int) -> None:
    """Starts it, and kills it once rank 0 has begun this iteration and an earlier one is safe."""
    running = start(folder, attempt, processes, iteration)
    seen = folder / f"seen-{attempt}-0"
    while not (seen.exists() and last_iteration(seen) >= iteration and list((folder / "checkpoints").glob("*.pt"))):
        assert running.exit_code is None, (folder / f"output-{attempt}").read_text()
        time.sleep(0.002)
    running.kill()


def last_iteration(seen: Path) -> int:
    """Of the lines that are whole."""
    lines = seen.read_text().splitlines(keepends=True)
    return max((int(line.split()[0]) for line in lines if line.endswith("\n")), default=0)


def steps_that_count(folder: Path, attempts: int) -> list[tuple[int, list[int]]]:
    """Epoch and samples of each step whose result the next attempt went on from."""
    starts = [int((folder / f"from-{attempt}").read_text()) for attempt in range(attempts)]
    ends = [*starts[1:], EPOCHS * BATCHES]
    steps: list[tuple[int, list[int]]] = []
    for attempt, end in enumerate(ends):
        for file in folder.glob(f"seen-{attempt}-*"):
            rows = [[int(word) for word in line.split()] for line in file.read_text().splitlines()]
            steps += [(row[1], row[2:]) for row in rows if row[0] <= end]
    return steps


@pytest.mark.slow
def test_each_epoch_is_the_dataset_whoever_goes_on(tmp_path: Path) -> None:
    """Two processes, killed in epoch 1, then one, killed in epoch 2, then three: each epoch is every sample once."""
    kill_when(tmp_path, 0, processes=2, iteration=4)
    kill_when(tmp_path, 1, processes=1, iteration=BATCHES + 4)
    running = start(tmp_path, 2, processes=3)
    while running.exit_code is None:
        time.sleep(0.01)
    running.kill()  # which closes what was open to it
    assert running.exit_code == 0, (tmp_path / "output-2").read_text()
    starts = [int((tmp_path / f"from-{attempt}").read_text()) for attempt in range(3)]
    assert starts[0] == 0 < starts[1] < BATCHES < starts[2] < 2 * BATCHES, starts
    seen: dict[int, Counter[int]] = {}
    for epoch, samples in steps_that_count(tmp_path, 3):
        seen.setdefault(epoch, Counter()).update(samples)
    assert seen == {epoch: Counter(range(SAMPLES)) for epoch in range(1, EPOCHS + 1)}
