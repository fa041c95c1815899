"""MLflow with a real server: a run that is told to leave, one whose server is lost, and one that fails."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.trackers.runs import SECONDS, TrackedRun, kill, project_with
from tests.trackers.servers import end, mlflow_server

pytestmark = [pytest.mark.slow, pytest.mark.trackers, pytest.mark.timeout(900)]


def test_a_signal_and_a_lost_server(tmp_path: Path) -> None:
    """After SIGTERM the server has all epochs, of a run that was killed; when it is lost, the run ends all the same."""
    project = project_with(tmp_path / "digits", "mlflow")
    with mlflow_server(tmp_path / "server") as (address, server):
        run = TrackedRun(project, "served", {"MLFLOW_TRACKING_URI": address})
        # Epochs that last: the server is to keep up with them on a busy machine.
        process = run.begin("--backend", "none", "--max-epochs", "100000", "--overfit-batches", "78")
        try:
            run.wait_until_kept(process, "mlflow")
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(SECONDS) == 75
        finally:
            kill(process)
        told, history = run.read("mlflow"), run.history
        assert {name: told["values"][name] for name in history} == history
        assert told["status"] == "KILLED", run.output.read_text()[-3000:]
        end(server)
        epochs = len(next(iter(history.values()))) + 2
        assert run.finish("--max-epochs", str(epochs)) == 0, run.output.read_text()[-3000:]
    said = (run.folder / "log.txt").read_text()
    assert "MLflow does not have all of this run: " in said
    assert len(next(iter(run.history.values()))) == epochs


def test_an_error_closes_the_run_as_failed(tmp_path: Path) -> None:
    """A run that diverges leaves with 65, and is a failed one."""
    project = project_with(tmp_path / "digits", "mlflow")
    run = TrackedRun(project, "diverging")
    assert run.finish("--backend", "none", "--optimizer.learning-rate", "1e30", "--max-epochs", "50") == 65
    assert run.read("mlflow")["status"] == "FAILED"
