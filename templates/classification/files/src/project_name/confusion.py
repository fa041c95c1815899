"""Which classes are taken for which: predictions for all samples, and a picture of them."""

from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist

from .loaders import Samples

MOST_CLASSES_WITH_NUMBERS = 20


@torch.no_grad()
def predict_all(network: nn.Module, samples: Samples) -> tuple[Tensor, Tensor]:
    """Probabilities `(N, classes)` and labels `(N,)` of all samples, in their order."""
    device = idist.device()
    batches = [(network(inputs.to(device)).float().cpu(), labels) for inputs, labels in DataLoader(samples, 256)]
    return torch.cat([scores for scores, _ in batches]).softmax(dim=1), torch.cat([labels for _, labels in batches])


def draw_confusion(picture: Path, predicted: Tensor, labels: Tensor, classes: list[str]) -> None:
    """A matrix of counts: a row for each true class, a column for each predicted one.

    Args:
        picture: the file.
        predicted: `(N,)`, the classes that were answered.
        labels: `(N,)`, the true ones.
        classes: their names.
    """
    size = len(classes)
    counts = torch.bincount(labels * size + predicted, minlength=size * size).view(size, size)
    edge = min(12.0, 4 + 0.4 * size)
    figure = Figure(figsize=(edge, edge), layout="constrained")
    axes = figure.add_subplot()
    # Each row by its sum, so that a rare class's mistakes are as dark as a frequent one's.
    shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="true", title=f"{int(counts.trace())} of {int(counts.sum())} right")
    if size <= MOST_CLASSES_WITH_NUMBERS:
        axes.set_xticks(range(size), classes, rotation=90 if max(map(len, classes)) > 2 else 0)
        axes.set_yticks(range(size), classes)
        for row, column in counts.nonzero().tolist():
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(int(counts[row, column])), ha="center", va="center", color=colour)
    figure.savefig(picture)
