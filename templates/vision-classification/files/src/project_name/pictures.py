"""What people look at: which classes are taken for which, and the images that the network is most wrong about."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor, nn

from .confusion import draw_confusion, predict_all
from .loaders import Samples

MOST_MISTAKES, COLUMNS = 24, 6


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `confusion.png` and `mistakes.png`, of the network's predictions for the samples."""
    probabilities, labels = predict_all(network, samples)
    draw_confusion(folder / "confusion.png", probabilities.argmax(dim=1), labels, info["classes"])
    draw_mistakes(folder / "mistakes.png", samples, probabilities, labels, info["classes"])


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
