"""What a run says and leaves at its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scaffold_runtime.run.folder import RunFolder, log
from scaffold_runtime.run.report import TERMINAL_WIDTH, draw_curves, in_lines, report, write_results


def test_many_metrics_fit_a_terminal() -> None:
    """Lines are no longer than a terminal's, and a name stays with its value."""
    metrics = {f"metric_{number}": number / 8 for number in range(12)}
    lines = in_lines("test", metrics).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= TERMINAL_WIDTH for line in lines)
    pairs = [pair for line in lines for pair in line[9:].split("  ")]
    assert pairs == [f"{name} {value:.4f}" for name, value in metrics.items()]


@pytest.mark.parametrize(("epochs", "said"), [(1, "1 epoch, 2.0 s"), (2, "2 epochs, 2.0 s")])
def test_a_run_of_one_epoch_says_so(
    epochs: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One is no plural."""
    monkeypatch.setattr(log, "propagate", True)
    with caplog.at_level("INFO", logger=log.name):
        report(RunFolder(tmp_path), epochs=epochs, seconds=2.0, metrics={"loss": 1.0})
    assert said in caplog.messages


def test_results_say_what_they_were_reached_with(tmp_path: Path) -> None:
    """Metrics, epochs, seconds, backend, processes, device and versions are in the file."""
    write_results(tmp_path / "results.json", epochs=2, seconds=1.234, metrics={"accuracy": 0.5})
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["metrics"] == {"accuracy": 0.5}
    assert (results["epochs"], results["seconds"], results["backend"], results["world_size"]) == (2, 1.23, "none", 1)
    assert set(results["versions"]) == {"python", "torch"}


def test_results_are_json_whatever_the_metrics(tmp_path: Path) -> None:
    """What is no number is null: JSON has neither NaN nor infinity."""
    metrics = {"loss": float("nan"), "perplexity": float("inf"), "accuracy": 0.1}
    write_results(tmp_path / "results.json", epochs=1, seconds=1.0, metrics=metrics)
    read = json.loads((tmp_path / "results.json").read_text(), parse_constant=lambda name: f"not JSON: {name}")
    assert read["metrics"] == {"loss": None, "perplexity": None, "accuracy": 0.1}


def test_the_curves_are_a_picture(tmp_path: Path) -> None:
    """A history with a gap, as of a metric that came later, is drawn."""
    (tmp_path / "history.csv").write_text("epoch,train_loss,val_loss\n1,0.5,\n2,0.25,0.75\n")
    draw_curves(tmp_path / "history.csv", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
