"""What a run leaves when it is over: `results.json` for programs, `curves.png` and pictures of matrices for people."""

import json
import platform
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from .. import distributed as idist
from ..handlers.csv_logger import read_rows
from ..handlers.saving.atomic_write import atomic_write
from ..handlers.saving.lost_files import lost_files, may_be_lost
from .folder import RunFolder
from .terminal import log

PANELS_IN_A_ROW, MOST_NAMED = 4, 12
TERMINAL_WIDTH = 80


def report(folder: RunFolder, *, epochs: int, seconds: float, metrics: Mapping[str, Any]) -> None:
    """Writes the files and says where everything is, on rank 0; the others wait for it.

    Raises:
        SystemExit: files of the run could not be written.
    """
    if idist.get_rank() == 0:
        with may_be_lost(folder.curves.name):
            draw_curves(folder.history, folder.curves)
            draw_matrices(folder.path, metrics)
        with may_be_lost(folder.results.name):
            write_results(folder.results, metrics, epochs=epochs, seconds=round(seconds, 2))
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


def in_lines(title: str, metrics: Mapping[str, Any]) -> str:
    """The values behind their names, in as many lines as a terminal needs; what is no number is in `results.json`."""
    numbers = {name: value for name, value in metrics.items() if isinstance(value, (int, float))}
    pairs = "  ".join(f"{name}\N{NO-BREAK SPACE}{value:.4f}" for name, value in numbers.items())
    lines = textwrap.fill(
        pairs, TERMINAL_WIDTH, initial_indent=f"{title:<9}", subsequent_indent=" " * 9, break_on_hyphens=False
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def write_results(path: Path, metrics: Mapping[str, Any], **facts: Any) -> None:
    """`results.json`: the final metrics, and what they were reached with, beside the facts that are given."""
    results: dict[str, Any] = {
        "metrics": dict(metrics),
        **facts,
        "backend": idist.backend() or "none",
        "world_size": idist.get_world_size(),
        "device": str(idist.device()),
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
    }
    # JSON has neither NaN nor infinity.
    results = json.loads(json.dumps(_in_json(results), default=str), parse_constant=lambda constant: None)
    text = (json.dumps(results, indent=2) + "\n").encode()
    atomic_write(path, lambda file: file.write(text))  # whoever sees it takes the run for finished


def _in_json(value: Any) -> Any:
    """Names and lists, as JSON has them: a mapping may have pairs for names, and a list be an array."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Mapping):
        return {str(name): _in_json(entry) for name, entry in cast("Mapping[Any, Any]", value).items()}
    return [*map(_in_json, cast("Sequence[Any]", value))] if isinstance(value, (list, tuple)) else value


def draw_matrices(folder: Path, metrics: Mapping[str, Any]) -> None:
    """A picture `NAME.png` of each metric that is a matrix, as a confusion matrix is: its rows are the true classes."""
    from matplotlib.figure import Figure  # slow to import, and needed once

    for name, value in metrics.items():
        if isinstance(value, Tensor) and value.ndim == 2:
            figure = Figure(figsize=(6, 5), layout="constrained")
            axes = figure.add_subplot()
            figure.colorbar(axes.imshow(cast(Any, value.tolist()), cmap="Blues"))
            axes.set(title=name, xlabel="predicted", ylabel="true")
            _save(figure, folder / f"{name.replace('/', '_')}.png")


def draw_curves(history: Path, picture: Path) -> None:
    """`curves.png`: a panel per metric, training beside validation; a metric of many numbers has a curve for each."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    if not (rows := read_rows(history)):
        return
    columns = [name for name in rows[0] if name.startswith(("train_", "val_"))]
    panels = sorted({name.partition("_")[2].partition("/")[0] for name in columns})
    epochs = [int(row["epoch"]) for row in rows]
    width = min(len(panels), PANELS_IN_A_ROW)
    height = -(-len(panels) // width)
    figure = Figure(figsize=(4.5 * width, 3.4 * height), layout="constrained")
    for place, panel in enumerate(panels, start=1):
        axes = figure.add_subplot(height, width, place)
        for column in columns:
            split, _, name = column.partition("_")
            if name.partition("/")[0] == panel:
                values = [float(row[column] or "nan") for row in rows]  # nan leaves a gap
                colour = {"train": "C0", "val": "C1"}[split] if name == panel else None
                axes.plot(epochs, values, color=colour, marker=".", label=split + name.removeprefix(panel))
        axes.set(title=panel, xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        if len(axes.lines) <= MOST_NAMED:
            axes.legend()
    _save(figure, picture)


def _save(figure: Any, picture: Path) -> None:
    atomic_write(picture, lambda file: figure.savefig(file, format="png"))
