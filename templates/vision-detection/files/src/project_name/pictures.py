"""What people look at: images with the boxes that were found on them, and with those that are there."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist

from .boxes import Found, find
from .loaders import Samples, first
from .task import LEAST

COLUMNS, ROWS = 4, 3  # of samples in a picture


@torch.no_grad()
def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Leaves `boxes.png`: test images, what was found on them, and dashed what is there."""
    images, targets = next(iter(DataLoader(first(samples, COLUMNS * ROWS), COLUMNS * ROWS)))
    found = find(network.eval()(images.to(idist.device())).float().cpu(), per_class=False)
    rows = math.ceil(len(images) / COLUMNS)
    figure = Figure(figsize=(3 * COLUMNS, 3 * rows), layout="constrained")
    for number, axes in enumerate(figure.subplots(rows, COLUMNS, squeeze=False).flat):
        axes.axis("off")
        if number < len(images):
            show(axes, images[number])
            for *box, label in targets[number].tolist():
                if label >= 0:
                    outline(axes, box, "white", linestyle="--")
            draw_found(axes, found, number, info["classes"])
    figure.suptitle("dashed: what is there; coloured: what was found")
    figure.savefig(folder / "boxes.png")


def draw_predictions(
    folder: Path, inputs: Sequence[tuple[str, Tensor]], outputs: Tensor, info: Mapping[str, Any]
) -> None:
    """Leaves a picture for each image of `inputs`, pairs of a name and `(C, H, W)`: what was found on it."""
    found = find(outputs, per_class=False)
    for number, (name, image) in enumerate(inputs):
        figure = Figure(figsize=(5, 5), layout="constrained")
        axes = figure.subplots()
        axes.axis("off")
        show(axes, image)
        draw_found(axes, found, number, info["classes"])
        figure.savefig(folder / f"{number:04}_{Path(name).stem}.png")


def show(axes: Axes, image: Tensor) -> None:
    """Draws `(C, H, W)` in `[0, 1]`; the upper left corner of its first pixel is (0, 0), as boxes count."""
    height, width = image.shape[1:]
    pixels = image.expand(3, -1, -1).permute(1, 2, 0).clamp(0, 1)
    axes.imshow(pixels.numpy(), extent=(0, width, height, 0))


def draw_found(axes: Axes, found: Found, number: int, classes: Sequence[str]) -> None:
    """Draws the objects that were found on one image of several, each with its class and score."""
    wheel = matplotlib.colormaps["tab10" if len(classes) <= 10 else "tab20"]
    image = (found.boxes[number].tolist(), found.scores[number].tolist(), found.labels[number].tolist())
    for box, score, label in zip(*image, strict=True):
        if score >= LEAST:
            colour = wheel(label % wheel.N)
            outline(axes, box, colour)
            write(axes, box, f"{classes[label]} {score:.2f}", colour)


def write(axes: Axes, box: Sequence[float], words: str, colour: Any) -> None:
    """Writes words above a box, or below it where there is no room above."""
    left, top, _, bottom = box
    is_above = top > 0.06 * abs(axes.get_ylim()[0] - axes.get_ylim()[1])
    place, side = (top, "bottom") if is_above else (bottom, "top")
    look = {"facecolor": colour, "edgecolor": "none", "pad": 1}
    axes.text(left, place, words, color="white", fontsize=8, verticalalignment=side, bbox=look, clip_on=True)


def outline(axes: Axes, box: Sequence[float], colour: Any, *, linestyle: str = "-") -> None:
    """Draws the edges of a box."""
    left, top, right, bottom = box
    corner, width, height = (left, top), right - left, bottom - top
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linestyle=linestyle, linewidth=1.5))
