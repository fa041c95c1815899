"""What a run leaves when it is over: `results.json` for programs, `curves.png` for people."""

import json
import math
import platform
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from .. import distributed as idist
from ..handlers.csv_logger import read_rows
from ..handlers.saving.atomic_write import atomic_write
from ..handlers.saving.lost_files import lost_files, may_be_lost
from .folder import RunFolder
from .terminal import log

PANELS_IN_A_ROW = 4
TERMINAL_WIDTH = 80


def report(folder: RunFolder, *, epochs: int, seconds: float, metrics: Mapping[str, float]) -> None:
    """Writes both files and says where everything is, on rank 0; the others wait for it.

    Raises:
        SystemExit: files of the run could not be written.
    """
    if idist.get_rank() == 0:
        with may_be_lost(folder.curves.name):
            draw_curves(folder.history, folder.curves)
        with may_be_lost(folder.results.name):
            write_results(folder.results, epochs=epochs, seconds=seconds, metrics=metrics)
        log.info(in_lines("test", metrics))
        log.info(f"{epochs} epoch{'s' * (epochs != 1)}, {seconds:.1f} s")
        for file in (folder.curves, folder.checkpoints, folder.results):
            if file.exists():
                log.info(f"{file.stem:<12} {file}")
    idist.barrier()
    if lost_files:
        missing = "; ".join(f"{kind}: {reason}" for kind, reason in lost_files.items())
        raise SystemExit(
            f"Error: Files of this run could not be written: {missing}.\nHint:  {folder.path} has the rest."
        )


def in_lines(title: str, metrics: Mapping[str, float]) -> str:
    """The values behind their names, in as many lines as a terminal needs."""
    pairs = "  ".join(f"{name}\N{NO-BREAK SPACE}{value:.4f}" for name, value in metrics.items())
    lines = textwrap.fill(
        pairs, TERMINAL_WIDTH, initial_indent=f"{title:<9}", subsequent_indent=" " * 9, break_on_hyphens=False
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def write_results(path: Path, *, epochs: int, seconds: float, metrics: Mapping[str, float]) -> None:
    """`results.json`: the final metrics, and what they were reached with."""
    results: dict[str, Any] = {
        "metrics": {
            name: value if math.isfinite(value) else None for name, value in metrics.items()
        },  # JSON has no NaN
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

    rows = read_rows(history)
    if not rows:
        return
    panels = sorted({name.partition("_")[2] for name in rows[0] if name.startswith(("train_", "val_"))})
    epochs = [int(row["epoch"]) for row in rows]
    width = min(len(panels), PANELS_IN_A_ROW)
    height = -(-len(panels) // width)
    figure = Figure(figsize=(4.5 * width, 3.4 * height), layout="constrained")
    for place, panel in enumerate(panels, start=1):
        axes = figure.add_subplot(height, width, place)
        for split, colour in (("train", "C0"), ("val", "C1")):
            if (column := f"{split}_{panel}") in rows[0]:
                values = [float(row[column] or "nan") for row in rows]  # nan leaves a gap
                axes.plot(epochs, values, color=colour, marker=".", label=split)
        axes.set(title=panel, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    atomic_write(picture, lambda file: FigureCanvasAgg(figure).print_png(file))
