"""What a run says and leaves at its end."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

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
    write_results(tmp_path / "results.json", {"accuracy": 0.5}, epochs=2, seconds=1.23)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["metrics"] == {"accuracy": 0.5}
    assert (results["epochs"], results["seconds"], results["backend"], results["world_size"]) == (2, 1.23, "none", 1)
    assert set(results["versions"]) == {"python", "torch"}


def test_results_are_json_whatever_the_metrics(tmp_path: Path) -> None:
    """What is no number is null: JSON has neither NaN nor infinity."""
    metrics = {"loss": float("nan"), "perplexity": float("inf"), "accuracy": 0.1}
    write_results(tmp_path / "results.json", metrics, epochs=1, seconds=1.0)
    read = json.loads((tmp_path / "results.json").read_text(), parse_constant=lambda name: f"not JSON: {name}")
    assert read["metrics"] == {"loss": None, "perplexity": None, "accuracy": 0.1}


def test_the_curves_are_a_picture(tmp_path: Path) -> None:
    """A history with a gap, as of a metric that came later, is drawn."""
    (tmp_path / "history.csv").write_text("epoch,train_loss,val_loss\n1,0.5,\n2,0.25,0.75\n")
    draw_curves(tmp_path / "history.csv", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_metrics_that_are_not_one_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Lists and mappings stand in the results, a matrix is a picture, and a line says what is one number."""
    monkeypatch.setattr(log, "propagate", True)
    metrics = {
        "loss": 0.5,
        "recall": torch.tensor([0.5, float("nan")]),
        "confusion": torch.tensor([[3, 1], [0, 2]]),
        "report": {"cat": {"recall": 1.0}, "text": "none"},
        "curve": (torch.tensor([0.0, 1.0]), torch.tensor([1.0, float("inf")])),
        "seen": {3},
        "pairs": {("cat", "dog"): torch.tensor(2.0), ("dog", "cat"): {(1, 2): float("nan")}},
    }
    with caplog.at_level("INFO", logger=log.name):
        report(RunFolder(tmp_path), epochs=1, seconds=2.0, metrics=metrics)
    assert json.loads((tmp_path / "results.json").read_text())["metrics"] == {
        "loss": 0.5,
        "recall": [0.5, None],
        "confusion": [[3, 1], [0, 2]],
        "report": {"cat": {"recall": 1.0}, "text": "none"},
        "curve": [[0.0, 1.0], [1.0, None]],
        "seen": "{3}",
        "pairs": {"('cat', 'dog')": 2.0, "('dog', 'cat')": {"(1, 2)": None}},
    }
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.glob("*.png")] == ["confusion.png"]
    assert "test     loss 0.5000" in caplog.messages


def test_classes_share_a_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A metric of a number for each class is one panel, with a curve for each; many curves have no legend."""
    drawn: list[Any] = []
    monkeypatch.setattr(sys.modules[draw_curves.__module__], "_save", lambda figure, picture: drawn.append(figure))
    columns = ["val_loss", "train_loss", "val_recall/0", "val_recall/1", *(f"val_all/{index}/x" for index in range(20))]
    header, row = ",".join(["epoch", *columns]), ",".join(["1", *("0.5" for _ in columns)])
    (tmp_path / "history.csv").write_text(f"{header}\n{row}\n")
    draw_curves(tmp_path / "history.csv", tmp_path / "curves.png")
    panels = {
        axes.get_title(): ([line.get_label() for line in axes.lines], axes.get_legend() is not None)
        for axes in drawn[0].axes
    }
    assert list(panels) == ["all", "loss", "recall"]
    assert (len(panels["all"][0]), panels["all"][1]) == (20, False)
    assert panels["loss"] == (["val", "train"], True)
    assert panels["recall"] == (["val/0", "val/1"], True)
