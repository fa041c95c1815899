"""What a run leaves when it is over: `results.json` for programs, `curves.png` for people."""

from __future__ import annotations

import csv
import json
import platform
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.handlers.saving.atomic_write import atomic_write

from .run_folder import RunFolder, log

PANELS_IN_A_ROW = 4
TERMINAL_WIDTH = 80


@idist.one_rank_only(with_barrier=True)
def report(folder: RunFolder, *, epochs: int, seconds: float, metrics: Mapping[str, float]) -> None:
    """Writes both files and says where everything is."""
    if folder.history.is_file():
        draw_curves(folder.history, folder.curves)
    write_results(folder.results, epochs=epochs, seconds=seconds, metrics=metrics)
    log.info(in_lines("test", metrics))
    log.info(f"{epochs} epochs, {seconds:.1f} s")
    for file in (folder.curves, folder.checkpoints, folder.results):
        log.info(f"{file.stem:<12} {file}")


def in_lines(title: str, metrics: Mapping[str, float]) -> str:
    """The values behind their names, in as many lines as a terminal needs."""
    pairs = "  ".join(f"{name}\N{NO-BREAK SPACE}{value:.4f}" for name, value in metrics.items())
    indents = {"initial_indent": f"{title:<9}", "subsequent_indent": " " * 9}
    lines = textwrap.fill(pairs, TERMINAL_WIDTH, **indents, break_on_hyphens=False)
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def write_results(path: Path, *, epochs: int, seconds: float, metrics: Mapping[str, float]) -> None:
    """`results.json`: the final metrics, and what they were reached with."""
    results: dict[str, Any] = {
        "metrics": dict(metrics),
        "epochs": epochs,
        "seconds": round(seconds, 2),
        "backend": idist.backend() or "none",
        "world_size": idist.get_world_size(),
        "device": str(idist.device()),
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
    }
    text = (json.dumps(results, indent=2) + "\n").encode()
    atomic_write(path, lambda file: file.write(text))  # whoever sees it takes the run for finished


def draw_curves(history: Path, picture: Path) -> None:
    """`curves.png`: a panel per metric, training beside validation."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # slow to import, and needed once
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    columns = read_history(history)
    panels = sorted({name.partition("_")[2] for name in columns if name.startswith(("train_", "val_"))})
    width = min(len(panels), PANELS_IN_A_ROW)
    height = -(-len(panels) // width)
    figure = Figure(figsize=(4.5 * width, 3.4 * height), layout="constrained")
    for place, panel in enumerate(panels, start=1):
        axes = figure.add_subplot(height, width, place)
        for split, colour in (("train", "C0"), ("val", "C1")):
            if f"{split}_{panel}" in columns:
                axes.plot(columns["epoch"], columns[f"{split}_{panel}"], color=colour, marker=".", label=split)
        axes.set(title=panel, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    FigureCanvasAgg(figure).print_png(str(picture))


def read_history(path: Path) -> dict[str, list[float]]:
    """The columns of `history.csv` by name; a value that is not there is NaN."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [float(row[column] or "nan") for row in rows] for column in (rows[0] if rows else {})}
