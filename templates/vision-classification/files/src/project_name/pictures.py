"""What people look at: which classes are taken for which, and the images that the network is most wrong about."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist

from .loaders import Samples

MOST_CLASSES_WITH_NUMBERS = 20
MOST_MISTAKES, COLUMNS = 24, 6


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `confusion.png` and `mistakes.png`, of the network's predictions for the samples."""
    probabilities, labels = predict(network, samples)
    draw_confusion(folder / "confusion.png", probabilities.argmax(dim=1), labels, info["classes"])
    draw_mistakes(folder / "mistakes.png", samples, probabilities, labels, info["classes"])


@torch.no_grad()
def predict(network: nn.Module, samples: Samples) -> tuple[Tensor, Tensor]:
    """Probabilities `(N, classes)` and labels `(N,)` of all samples, in their order."""
    device = idist.device()
    batches = [(network(images.to(device)).float().cpu(), labels) for images, labels in DataLoader(samples, 256)]
    return torch.cat([scores for scores, _ in batches]).softmax(dim=1), torch.cat([labels for _, labels in batches])


def draw_confusion(picture: Path, predicted: Tensor, labels: Tensor, classes: list[str]) -> None:
    """A matrix of counts: a row for each true class, a column for each predicted one."""
    size = len(classes)
    counts = torch.bincount(labels * size + predicted, minlength=size * size).view(size, size)
    edge = min(12.0, 3 + 0.4 * size)
    figure = Figure(figsize=(edge, edge), layout="constrained")
    axes = figure.add_subplot()
    # Each row by its sum, so that a rare class's mistakes are as dark as a frequent one's.
    shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="true")
    if size <= MOST_CLASSES_WITH_NUMBERS:
        axes.set_xticks(range(size), classes, rotation=90 if max(map(len, classes)) > 2 else 0)
        axes.set_yticks(range(size), classes)
        for row, column in counts.nonzero().tolist():
            colour = "white" if counts[row, column] > counts[row].sum() / 2 else "black"
            axes.text(column, row, str(int(counts[row, column])), ha="center", va="center", color=colour)
    figure.savefig(picture)


def draw_mistakes(picture: Path, samples: Samples, probabilities: Tensor, labels: Tensor, classes: list[str]) -> None:
    """The samples to whose true class the network gives the least, with what it says they are."""
    of_truth = probabilities.gather(1, labels[:, None]).squeeze(1)
    mistakes = [index for index in of_truth.argsort().tolist() if probabilities[index].argmax() != labels[index]]
    worst = mistakes[:MOST_MISTAKES]
    rows = max(1, math.ceil(len(worst) / COLUMNS))
    figure = Figure(figsize=(1.5 * COLUMNS, 1.8 * rows + 0.5), layout="constrained")
    figure.suptitle(f"{len(mistakes)} mistakes in {len(labels)} samples, the worst first", fontsize=9)
    for place, index in enumerate(worst, start=1):
        axes = figure.add_subplot(rows, COLUMNS, place)
        axes.imshow(to_picture(samples[index][0]).numpy(), cmap="gray")
        confidence, predicted = probabilities[index].max(dim=0)
        axes.set_title(f"{classes[predicted]} ({confidence:.0%})\nis {classes[labels[index]]}", fontsize=8)
        axes.axis("off")
    figure.savefig(picture)


def to_picture(image: Tensor) -> Tensor:
    """An image `(C, H, W)` of any range as `(H, W, 3)` or `(H, W)` in `[0, 1]`."""
    low, high = image.amin(), image.amax()
    picture = (image - low) / (high - low).clamp(min=1e-6)
    return picture[0] if len(picture) == 1 else picture.permute(1, 2, 0)
