"""The images: your own, in `ROOT/{train,val,test}/CLASS/`, read by torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from .loaders import Datasets, LoaderConfig

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as torchvision's networks expect


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    root: Path = Path("data")
    """The folder that holds train/, val/ and test/, each with a folder per class."""
    image_size: int = 64
    """Height and width that images are scaled and cropped to, in pixels."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples, with the classes that the training folder has.

    Each is `(image, label)`: a normalized `(3, image_size, image_size)` float tensor, and a class index.
    """
    size = config.image_size
    to_tensor = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    plain = v2.Compose([v2.Resize(size), v2.CenterCrop(size), *to_tensor])
    augmented = v2.Compose([v2.RandomResizedCrop(size, scale=(0.5, 1.0)), v2.RandomHorizontalFlip(), *to_tensor])

    for split in ("train", "val", "test"):
        folder = config.root / split
        if not folder.is_dir():
            raise SystemExit(f"Error: There is no folder '{folder}'.\nHint:  --data.root names its parent.")
    train = ImageFolder(config.root / "train", transform=augmented)
    val = ImageFolder(config.root / "val", transform=plain)
    test = ImageFolder(config.root / "test", transform=plain)
    if not train.classes == val.classes == test.classes:
        raise SystemExit(
            f"Error: The classes differ: {train.classes} in train, {val.classes} in val, {test.classes} in test.\n"
            "Hint:  Each of the three folders needs the same folders of classes."
        )
    return Datasets(
        train=train,
        val=val,
        test=test,
        sizes={"channels": 3, "num_classes": len(train.classes)},
    )
