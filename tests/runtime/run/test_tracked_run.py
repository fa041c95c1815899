"""What trackers are told of a run; that each of them has it is shown in `tests/trackers`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.csv_logger import CSVLogger
from scaffold_runtime.handlers.tracker_logger import TrackerLogger
from scaffold_runtime.run.folder import RunFolder
from scaffold_runtime.run.tracked_run import (
    best_checkpoint,
    commit,
    epoch_values,
    epochs_of,
    finish_trackers,
    track_run,
)


class Notes(TrackerLogger):
    """A tracker that is a list of steps and losses."""

    tracker, module, package = "Notes", "json", "json"

    def __init__(self, id_file: Path | None = None) -> None:
        super().__init__(id_file=id_file)
        self.told: list[tuple[int, float]] = []

    def _start(self, run_id: str | None) -> Any:
        return self

    def _run_id(self) -> str:
        return "notes"

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        self.told += [(step, value) for name, value in values.items() if name.endswith("train/loss")]

    def _end(self, status: str) -> None:
        """There is nothing to end."""


FAILS = -1.0


@pytest.mark.parametrize(("killed_at", "epochs_again"), [(Events.EPOCH_COMPLETED, 1), (Events.ITERATION_STARTED, 2)])
def test_a_resumed_run_tells_each_epoch_once(tmp_path: Path, killed_at: Events, epochs_again: int) -> None:
    """Those before the checkpoint as the table has them; those that are done again with their new values only."""
    saved: dict[str, Any] = {}

    def run(factor: float, max_epochs: int, resumed: Mapping[str, Any] | None = None) -> list[tuple[int, float]]:
        def step(engine: Engine[Any, Any], batch: int) -> None:
            if factor == FAILS:
                raise RuntimeError("This run fails at once.")
            engine.state.metrics["loss"] = factor * engine.state.epoch

        trainer: Engine[Any, Any] = Engine(step)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, CSVLogger(folder.history, {"train": trainer}))
        notes = Notes()
        track_run(notes, folder, {"train": trainer}, {})
        at = {Events.EPOCH_COMPLETED: 2, Events.ITERATION_STARTED: 4}[killed_at]
        trainer.add_event_handler(killed_at(once=at), lambda: saved.update(trainer.state_dict()))
        if resumed is not None:
            trainer.load_state_dict(resumed)
        with nullcontext() if factor != FAILS else pytest.raises(RuntimeError, match="at once"):
            trainer.run([0, 1], max_epochs=max_epochs)
        finish_trackers(folder)
        return notes.told

    folder = RunFolder(tmp_path)
    folder.config.write_text("model:\n  width: 8\n")
    assert run(0.5, 3) == [(1, 0.5), (2, 1.0), (3, 1.5)]
    left = dict(saved)
    done = 3 - epochs_again
    before = [(epoch, 0.5 * epoch) for epoch in range(1, done + 1)]
    assert run(2.0, 3, left) == before + [(epoch, 2.0 * epoch) for epoch in range(done + 1, 4)]
    assert run(8.0, 2, left) == before + [(epoch, 8.0 * epoch) for epoch in range(done + 1, 3)]
    assert run(FAILS, 3, left) == before


def test_points_before_a_checkpoint_survive_a_kill(tmp_path: Path) -> None:
    """Within an epoch too: a client that hung has none, the next start tells those that the saved run has behind it."""
    goes_on, saved = threading.Event(), dict[str, Any]()
    folder, file = RunFolder(tmp_path), tmp_path / "notes.json"
    folder.config.write_text("{}")

    class Hanging(Notes):
        def _start(self, run_id: str | None) -> Any:
            goes_on.wait(60)

    def run(notes: Notes, factor: float, epoch: list[float]) -> None:
        trainer: Engine[Any, Any] = Engine(lambda engine, batch: {"train/loss": factor * batch})
        track_run(notes, folder, {"train": trainer}, {}, every=1)
        save = Checkpoint({"trainer": trainer}, lambda state, _: saved.update(state))
        trainer.add_event_handler(Events.ITERATION_COMPLETED(every=3), save)
        if saved:
            trainer.load_state_dict(saved)
            file.write_text(killed)
        trainer.run(epoch, max_epochs=1)

    run(Hanging(file), 1.0, [1.0, 2.0, 3.0, 4.0, 5.0])
    killed = file.read_text()
    notes = Notes(file)
    run(notes, 10.0, [1.0, 2.0, 3.0, 4.0, 5.0])
    goes_on.set()
    finish_trackers(folder)
    assert notes.told == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 40.0), (5, 50.0)]


LEFT_BEHIND = """
import atexit, sys, time
from pathlib import Path

from scaffold_runtime.distributed.signals import Departure
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.handlers.tracker_logger import TrackerLogger
from scaffold_runtime.run import tracked_run
from scaffold_runtime.run.folder import RunFolder


class Notes(TrackerLogger):
    tracker, module, package = "Notes", "json", "json"
    _start = _end = _write = _write_config = _run_id = lambda self, *_: self


class Away(Notes):
    tracker = "Away"

    def _start(self, run_id):
        atexit.register(time.sleep, 1000)  # as clients do, which have something to send
        time.sleep(1000)


def step(engine, batch):
    if sys.argv[2] == "75":
        raise Departure("A signal came", 75)
    if sys.argv[2] == "1":
        raise ValueError("a mistake")


folder = RunFolder(Path(sys.argv[1]))
folder.config.write_text("a: 1")
tracked_run.CLOSING_SECONDS |= dict.fromkeys(tracked_run.CLOSING_SECONDS, 0.5)
trainer = Engine(step)
for logger in (Away(), Notes()):
    tracked_run.track_run(logger, folder, {"train": trainer}, {})
trainer.run([0])
tracked_run.finish_trackers(folder)
print("the end")
"""


@pytest.mark.parametrize("code", [0, 1, 75])
def test_a_client_that_does_not_come_back_is_left_behind(tmp_path: Path, code: int) -> None:
    """The program ends in time and as it ended, and says what was lost; of one that has all of the run, nothing."""
    words = [sys.executable, "-c", LEFT_BEHIND, str(tmp_path), str(code)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert ("the end" in done.stdout) == (code == 0)
    assert "Away does not have all of this run" in done.stdout + done.stderr
    assert "Notes does not have all of this run" not in done.stdout + done.stderr
    assert ("ValueError: a mistake" in done.stderr) == (code == 1)


def test_an_epoch_has_the_metrics_of_all_engines() -> None:
    """Under their names; several numbers by index, and no matrix."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    trainer.state.metrics["loss"] = torch.tensor(0.5)
    evaluator.state.metrics.update(recall=torch.tensor([0.25, 0.75]), confusion=torch.eye(3))
    values = epoch_values({"train": trainer, "val": evaluator})
    assert values == {"train/loss": 0.5, "val/recall/0": 0.25, "val/recall/1": 0.75}


def test_history_is_read_as_epochs_were_written(tmp_path: Path) -> None:
    """Columns become names again; the rate and the seconds are no engine's, and a gap is none."""
    history = tmp_path / "history.csv"
    history.write_text("epoch,train_loss,val_recall/0,learning_rate,seconds\n1,0.5,,0.1,2\n2,nan,0.25,0.1,2\n")
    told = epochs_of(history, ("train", "val"))
    assert told[1] == {"train/loss": 0.5}
    assert told[2] == {"train/loss": pytest.approx(float("nan"), nan_ok=True), "val/recall/0": 0.25}
    assert epochs_of(tmp_path / "none.csv", ("train",)) == {}


def test_the_commit_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sign where files have changed; nothing outside of a repository, nor where there is no git."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert commit() == ""
    git = ["git", "-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    (folder / "a.txt").write_text("a")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert commit() == head
    (folder / "a.txt").write_text("b")
    assert commit() == f"{head}+"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() == ""


def test_without_checkpoints_there_is_no_best(tmp_path: Path) -> None:
    """A run that saved none has none to hand over."""
    assert best_checkpoint(tmp_path) is None


def test_where_no_network_has_a_score_the_newest_counts(tmp_path: Path) -> None:
    """A run that keeps the newest hands over that of the highest epoch, by its number and not by its spelling."""
    for name in ("newest_network_9.pt", "newest_network_10.pt", "epoch_network_11.pt", "last_checkpoint_500.pt"):
        (tmp_path / name).write_bytes(b"")
    assert best_checkpoint(tmp_path) == tmp_path / "newest_network_10.pt"
