"""What people look at: images, what is on them, and what the network says is on them, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist

from .loaders import Samples, first
from .loss import IGNORED
from .task import to_classes

ROWS = 6  # of samples in a picture


@torch.no_grad()
def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Leaves `masks.png`: test images, their masks and the predicted ones; pixels without a class are white."""
    images, masks = next(iter(DataLoader(first(samples, ROWS), ROWS)))
    predicted = to_classes(network.eval()(images.to(idist.device()))).cpu()
    columns = {"image": images, "mask": masks, "prediction": predicted}
    draw_table(columns, info["classes"]).savefig(folder / "masks.png")


def draw_predictions(
    folder: Path, inputs: Sequence[tuple[str, Tensor]], outputs: Tensor, info: Mapping[str, Any]
) -> None:
    """Leaves for each image a picture, `<name>.png`, of it and of what is said to be on it, and `<name>_mask.png`.

    Args:
        folder: where they go.
        inputs: pairs of a name and `(C, H, W)`.
        outputs: of the network, for each.
        info: what the data said, with the names of classes. A pixel of the mask is a class's place among them.
    """
    for number, ((name, image), mask) in enumerate(zip(inputs, to_classes(outputs), strict=True)):
        columns = {"image": image.unsqueeze(0), "prediction": mask.unsqueeze(0)}
        stem = f"{number:04}_{Path(name).stem}"
        draw_table(columns, info["classes"]).savefig(folder / f"{stem}.png")
        Image.fromarray(mask.byte().numpy()).save(folder / f"{stem}_mask.png")


def draw_table(columns: Mapping[str, Tensor], classes: Sequence[str]) -> Figure:
    """A row for each sample, a column for each tensor: images `(N, C, H, W)` or masks `(N, H, W)`."""
    masks = [values for values in columns.values() if values.ndim == 3]
    colours = class_colours(len(classes))
    count = len(next(iter(columns.values())))
    figure = Figure(figsize=(2.2 * len(columns) + 1.4, 2.2 * count), layout="constrained")
    axes = figure.subplots(count, len(columns), squeeze=False)
    for column, (title, values) in enumerate(columns.items()):
        axes[0, column].set_title(title)
        for row, value in enumerate(values):
            axes[row, column].axis("off")
            axes[row, column].imshow(as_pixels(value) if value.ndim == 3 else colours[value.numpy()])
    seen = sorted(set(torch.cat([mask.flatten() for mask in masks]).unique().tolist()) - {IGNORED})
    patches = [Patch(facecolor=colours[index].tolist(), edgecolor="grey", label=classes[index]) for index in seen]
    figure.legend(handles=patches, loc="outside right upper")
    return figure


def class_colours(num_classes: int) -> np.ndarray:
    """A colour `(256, 3)` for each class, black for the first, which is the ground in most data; white for no class."""
    colours = np.ones((256, 3))
    colours[0] = 0
    # Neighbours in "tab20" are two shades of a colour, so fewer classes have the colours of "tab10".
    wheel = matplotlib.colormaps["tab10" if num_classes <= 11 else "tab20" if num_classes <= 21 else "hsv"]
    for index in range(1, num_classes):
        colours[index] = wheel(index - 1 if num_classes <= 21 else index / num_classes)[:3]
    return colours


def as_pixels(image: Tensor) -> np.ndarray:
    """`(C, H, W)` in `[0, 1]` to `(H, W, 3)`; a grey image has three equal channels."""
    return image.expand(3, -1, -1).permute(1, 2, 0).clamp(0, 1).numpy()
