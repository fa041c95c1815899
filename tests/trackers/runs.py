"""Runs of projects with trackers: begun, killed, resumed, and read back."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.projects import ROOT, GeneratedProject, make_project, trackers_python

TRACKERS = (
    "mlflow",
    "wandb",
    "trackio",
    "swanlab",
    "dvclive",
    "aim",
    "comet",
    "clearml",
    "visdom",
    "polyaxon",
    "neptune",
)
BATCHES = 8
"""Of an epoch."""
EVERY = 10
"""Iterations between two points of the training."""
SMALL = ("--overfit-batches", str(BATCHES), "--data.batch-size", "16", "--model.width", "8")
SECONDS = 280  # of a busy machine


@dataclass(frozen=True)
class TrackedRun:
    """A run of a project, with what its trackers need to know.

    Attributes:
        project: the project.
        name: of the run.
        environment: variables beside those of the tests; none of them has a key.
    """

    project: GeneratedProject
    name: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The run's."""
        return self.project.folder / "outputs" / self.name

    @property
    def history(self) -> dict[str, dict[int, float]]:
        """What `history.csv` says: values by the names that trackers know, and by epoch."""
        with (self.folder / "history.csv").open() as file:
            rows = list(csv.DictReader(file))
        names = [column for column in rows[0] if column.startswith(("train_", "val_"))]
        return {name.replace("_", "/", 1): {int(row["epoch"]): float(row[name]) for row in rows} for name in names}

    @property
    def steps(self) -> list[int]:
        """Where a whole run of small epochs has points of the training."""
        return list(range(EVERY, BATCHES * len(next(iter(self.history.values()))) + 1, EVERY))

    def begin(self, *flags: str) -> subprocess.Popen[str]:
        """Starts it, in a group of processes of its own; what it prints goes to files beside the project."""
        words = ["-m", f"{self.project.package}.train", *SMALL, "--name", self.name, *flags]
        if self.folder.exists():
            words = ["-m", f"{self.project.package}.train", "--resume", str(self.folder), *flags]
        with self.output.open("a") as output:
            return subprocess.Popen(
                [trackers_python(), *words], cwd=self.project.folder, env=self._variables(), text=True,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> Path:
        """What all its starts have printed."""
        return self.project.folder / f"{self.name}.txt"

    def finish(self, *flags: str) -> int:
        """Starts it and waits for its end; gives the exit code."""
        process = self.begin(*flags)
        try:
            return process.wait(SECONDS)
        finally:
            kill(process)

    def wait_for_epoch(self, process: subprocess.Popen[str], trackers: tuple[str, ...]) -> None:
        """Returns when two epochs are saved and all of these trackers have begun."""
        deadline = time.monotonic() + SECONDS
        while not self._is_tracked(trackers):
            assert process.poll() is None, self.output.read_text()[-3000:]
            assert time.monotonic() < deadline, self.output.read_text()[-3000:]
            time.sleep(0.2)

    def wait_until_kept(self, process: subprocess.Popen[str], tracker: str) -> None:
        """Returns when the tracker has all epochs safely but for the newest."""
        self.wait_for_epoch(process, (tracker,))
        deadline = time.monotonic() + SECONDS
        while self._kept(tracker) < max(2, len(next(iter(self.history.values()))) - 1):
            assert process.poll() is None, self.output.read_text()[-3000:]
            assert time.monotonic() < deadline, self.output.read_text()[-3000:]
            time.sleep(0.2)

    def _kept(self, tracker: str) -> int:
        return self._record(tracker)["epochs"]

    def _is_tracked(self, trackers: tuple[str, ...]) -> bool:
        begun = all(self._record(name)["run"] for name in trackers)
        return begun and len(list((self.folder / "checkpoints").glob("last_*.pt"))) > 1

    def _record(self, tracker: str) -> dict[str, Any]:
        file = self.folder / f"{tracker}.json"
        return json.loads(file.read_text()) if file.is_file() else {"run": None, "epochs": 0}

    def lose_newest_checkpoint(self) -> None:
        """As if the kill had come before it was there: the epoch, which the trackers were told of, is done again."""
        max((self.folder / "checkpoints").glob("last_*.pt"), key=os.path.getmtime).unlink()

    def read(self, tracker: str) -> dict[str, Any]:
        """What the tracker has of the run, by its own reader; steps are whole numbers."""
        command = [trackers_python(), str(ROOT / "tests/trackers/programs/readers.py"), tracker]
        command += [str(self.project.folder / "outputs"), self.name]
        done = subprocess.run(
            command, cwd=self.project.folder, env=self._variables(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        told = json.loads(done.stdout.splitlines()[-1])
        told["values"] = {
            name: {int(step): value for step, value in points.items()} for name, points in told["values"].items()
        }
        return told

    def _variables(self) -> dict[str, str]:
        """Those of the tests, with a home of its own, where nobody has logged in."""
        home = self.project.folder / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "PYTHONPATH": str(self.project.folder / "src"), "OMP_NUM_THREADS": "1"}
        return {**os.environ, **own, **self.environment}


def steps_told(values: Mapping[str, Mapping[int, float]]) -> list[list[int]]:
    """Where a tracker has points: of the loss, and of the learning rate."""
    return [sorted(points) for name, points in values.items() if name.startswith(("training/", "optimizer/"))]


def kill(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
    """Sends a signal to a run and all that it has started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
    if number == signal.SIGKILL:
        process.wait()


def project_with(folder: Path, *trackers: str) -> GeneratedProject:
    """A project with these trackers, in a repository of git, so that runs know their commit."""
    project = make_project(folder, "digits", loggers=list(trackers))
    git = ["git", "-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return project
