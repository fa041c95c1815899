"""What people look at: what the network says beside what is true, and what is left between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist

from .loaders import Samples


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `residuals.png` of the samples, in the target's own unit."""
    predicted, true = (part.double() * info["std"] + info["mean"] for part in predict(network, samples))
    draw_residuals(folder / "residuals.png", predicted, true, info["target"])


@torch.no_grad()
def predict(network: nn.Module, samples: Samples) -> tuple[Tensor, Tensor]:
    """Outputs and targets, `(N,)` each, of all samples in their order."""
    device = idist.device()
    batches = [(network(rows.to(device)).float().cpu(), targets) for rows, targets in DataLoader(samples, 256)]
    return torch.cat([outputs for outputs, _ in batches]), torch.cat([targets for _, targets in batches])


def draw_residuals(picture: Path, predicted: Tensor, true: Tensor, target: str) -> None:
    """Left, predictions beside the truth; right, the differences over the predictions: a good fit leaves no pattern.

    Args:
        picture: the file.
        predicted: `(N,)`.
        true: `(N,)`.
        target: what they are.
    """
    residuals = true - predicted
    low, high = (float(each) for each in torch.cat([predicted, true]).aminmax())
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    figure.suptitle(f"{target} of {len(true)} rows, off by {float(residuals.abs().mean()):.3g} on average")
    left, right = figure.subplots(1, 2)
    left.plot([low, high], [low, high], color="grey", linewidth=1)
    left.scatter(predicted.numpy(), true.numpy(), s=12, alpha=0.6)
    left.set(xlabel="predicted", ylabel="true")
    right.axhline(0, color="grey", linewidth=1)
    right.scatter(predicted.numpy(), residuals.numpy(), s=12, alpha=0.6)
    right.set(xlabel="predicted", ylabel="residual (true - predicted)")
    figure.savefig(picture)
