"""The images: CIFAR-10, 32 x 32 colour pixels, downloaded once by torchvision."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Subset
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2

from scaffold_runtime import distributed as idist

from .loaders import Datasets, LoaderConfig

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the training images


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    root: Path = Path("data")
    """Where the images are, or are downloaded to."""
    split_seed: int = 0
    """Seeds the choice of the validation samples."""
    augment: bool = True
    """Train on shifted images, and on their mirror images."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples; a tenth of the training images validates.

    Each is `(image, label)`: a normalized `(3, 32, 32)` float tensor, and a class in `[0, 10)`.
    """
    plain, changed = _transforms()
    root = os.path.expanduser(config.root)  # a shell leaves the `~` of `--data.root=~/images` as it is
    with idist.one_rank_first(local=True):  # one process of a machine downloads
        train = CIFAR10(root, train=True, download=True, transform=changed if config.augment else plain)
    unchanged = CIFAR10(root, train=True, transform=plain)
    test = CIFAR10(root, train=False, transform=plain)

    # Validation images are not augmented, so they come from a second view of the same files.
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(config.split_seed)).tolist()
    num_val = len(order) // 10
    return Datasets(
        train=Subset(train, order[num_val:]),
        val=Subset(unchanged, order[:num_val]),
        test=test,
        sizes={"channels": 3, "num_classes": 10},
        info={"classes": train.classes},
    )


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name: the square in its middle, scaled to 32 x 32.

    Raises:
        SystemExit: it is no image.
    """
    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise SystemExit(f"Error: '{path}' cannot be read as an image: {error}.") from None
    return [(str(path), v2.Compose([v2.Resize(32), v2.CenterCrop(32), _transforms()[0]])(image))]


def _transforms() -> tuple[Callable[[Any], Tensor], Callable[[Any], Tensor]]:
    """From an image to what the network takes: without chance, and with the changes of training."""
    to_tensor = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return v2.Compose(to_tensor), v2.Compose([v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip(), *to_tensor])
