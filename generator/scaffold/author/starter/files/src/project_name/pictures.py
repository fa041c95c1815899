"""What people look at: the points and the curve through them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import nn

from .loaders import Samples


@torch.no_grad()
def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `curve.png`."""
    points = [samples[index] for index in range(len(samples))]  # pyright: ignore[reportArgumentType]
    x = torch.stack([x for x, _ in points])
    curve = network(x.to(next(network.parameters()).device)).cpu()
    figure = Figure(layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(x.flatten().tolist(), [float(y) for _, y in points], s=8, label="points")
    axes.scatter(x.flatten().tolist(), curve.flatten().tolist(), s=8, label="network")
    axes.legend()
    figure.savefig(folder / "curve.png")
