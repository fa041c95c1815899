"""What people look at: whether the network is as sure as it should be, and which classes are taken for which."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist

from .confusion import draw_confusion
from .loaders import Samples

NUM_BINS = 10


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `calibration.png` and `confusion.png` of the network's predictions for the samples."""
    probabilities, labels = predict(network, samples)
    confidences, classes = probabilities.max(dim=1)
    draw_calibration(folder / "calibration.png", confidences, classes == labels)
    draw_confusion(folder / "confusion.png", classes, labels, info["classes"])


@torch.no_grad()
def predict(network: nn.Module, samples: Samples) -> tuple[Tensor, Tensor]:
    """Probabilities `(N, classes)` and labels `(N,)` of all samples, in their order."""
    device = idist.device()
    batches = [(network(rows.to(device)).float().cpu(), labels) for rows, labels in DataLoader(samples, 256)]
    return torch.cat([scores for scores, _ in batches]).softmax(dim=1), torch.cat([labels for _, labels in batches])


def draw_calibration(picture: Path, confidences: Tensor, right: Tensor) -> None:
    """A reliability diagram (Guo et al. 2017, arXiv:1706.04599): accuracy over confidence, on the diagonal at best.

    Args:
        picture: the file.
        confidences: `(N,)`, the probability of the class that was answered.
        right: `(N,)`, whether it was the true one.
    """
    bins = (confidences * NUM_BINS).long().clamp(max=NUM_BINS - 1)  # (N,)
    counts = torch.bincount(bins, minlength=NUM_BINS)
    sums = torch.stack([torch.bincount(bins, part.double(), NUM_BINS) for part in (confidences, right)])
    confidence, accuracy = sums / counts.clamp(min=1)
    error = float(((confidence - accuracy).abs() * counts).sum() / counts.sum())  # the expected calibration error
    filled = counts.nonzero().squeeze(1)

    figure = Figure(figsize=(6, 7), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color="grey", linewidth=1)
    upper.plot(confidence[filled].numpy(), accuracy[filled].numpy(), marker="o")
    upper.set(ylabel="accuracy", ylim=(-0.02, 1.02), title=f"calibration error {error:.3f}")
    edges = (torch.arange(NUM_BINS) + 0.5) / NUM_BINS
    lower.bar(edges.numpy(), counts.numpy(), width=0.9 / NUM_BINS)
    lower.set(xlabel="confidence", ylabel="samples", xlim=(0, 1))
    figure.savefig(picture)
