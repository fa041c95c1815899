"""All trackers in one project: trained on two processes, killed, resumed, and each read back by its own reader."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trackers.endings import STATUSES, TWO_PROCESSES, leave
from tests.trackers.runs import TRACKERS, TrackedRun, kill, project_with, steps_told
from tests.trackers.servers import visdom_server

pytestmark = [pytest.mark.slow, pytest.mark.trackers, pytest.mark.timeout(900)]

MORE_EPOCHS = 2
"""After those that there were when the run was killed."""

FILES = {
    **dict.fromkeys(
        ("mlflow", "wandb", "trackio", "aim", "comet", "neptune", "polyaxon"), ("config.yaml", "curves.png")
    ),
    **dict.fromkeys(("swanlab", "dvclive"), ("curves.png",)),
    "clearml": ("config", "curves"),
}
"""Of the files that a run leaves, those that trackers can take."""

TAKE_CHECKPOINTS = ("mlflow", "wandb", "trackio", "aim", "comet", "neptune", "polyaxon", "clearml")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackedRun]:
    """A run that was killed once it had epochs in all trackers, has done one of them again, and gone on to its end."""
    folder = tmp_path_factory.mktemp("trackers").resolve()
    project = project_with(folder / "digits", *TRACKERS)
    with visdom_server(folder / "visdom") as (port, _):
        variables = {"VISDOM_SERVER_URL": "http://127.0.0.1", "VISDOM_PORT": str(port)}
        run = TrackedRun(project, "all", variables)
        process = run.begin(*TWO_PROCESSES, "--max-epochs", "100000")
        try:
            run.wait_for_epoch(process, TRACKERS)
        finally:
            kill(process)
        run.lose_newest_checkpoint()
        epochs = len(next(iter(run.history.values())))
        code = run.finish("--max-epochs", str(epochs + MORE_EPOCHS))
        assert code == 0, run.output.read_text()[-3000:]
        yield run


@pytest.mark.parametrize("tracker", TRACKERS)
def test_it_has_the_whole_run(run: TrackedRun, tracker: str) -> None:
    """Epochs are those of `history.csv`, no point is missing; configuration, commit, files and status are there."""
    told, history = run.read(tracker), run.history
    assert {name: told["values"].get(name) for name in history} == {
        name: pytest.approx(points, rel=1e-6) for name, points in history.items()
    }
    assert steps_told(told["values"]) == [run.steps] * 2
    config = {name.replace("-", ".").replace("/", "."): str(value) for name, value in told["config"].items()}
    assert config["model.width"] == "8"
    assert config["commit"].removesuffix("+") == commit_of(run.project.folder)
    assert "train.py" in config["command"]
    assert told["status"] == (STATUSES[tracker][0] if tracker in STATUSES else None)
    assert set(FILES.get(tracker, ())) <= set(told["files"])
    assert tracker not in TAKE_CHECKPOINTS or any(name and name.startswith("best_network") for name in told["files"])


def test_nothing_was_lost(run: TrackedRun) -> None:
    """The run says so of none of them."""
    assert "does not have all of this run" not in (run.folder / "log.txt").read_text()


def test_a_run_that_is_told_to_leave_is_a_killed_one(run: TrackedRun) -> None:
    """SIGTERM comes to all processes, those of the trackers' clients too: it is saved, and each tracker knows."""
    told = TrackedRun(run.project, "told", run.environment)
    assert leave(told) == 75, told.output.read_text()[-3000:]
    statuses = {tracker: told.read(tracker)["status"] for tracker in STATUSES}
    assert statuses == {tracker: killed for tracker, (_, _, killed) in STATUSES.items()}


def commit_of(folder: Path) -> str:
    """The commit that a folder is at."""
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
