"""The images: scikit-learn's 1,797 handwritten digits, 8 x 8 grey pixels, no download."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor
from torch.utils.data import TensorDataset, random_split

from .loaders import Datasets, LoaderConfig


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    split_seed: int = 0
    """Seeds the split into training, validation and test samples."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the images.

    Each is `(image, label)`: a `(1, 8, 8)` float tensor in `[0, 1]`, and a class in `[0, 10)`.
    """
    digits = cast(Any, load_digits())
    images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16  # (1797, 1, 8, 8), 17 levels of grey
    labels = torch.from_numpy(digits.target).long()
    # A generator of its own: the split stays the same whatever the run's seed is.
    split = torch.Generator().manual_seed(config.split_seed)
    train, val, test = random_split(TensorDataset(images, labels), [0.7, 0.15, 0.15], split)
    info = {"classes": [str(digit) for digit in digits.target_names]}
    return Datasets(train=train, val=val, test=test, sizes={"channels": 1, "num_classes": 10}, info=info)


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name: bright strokes on a dark ground, scaled to 8 x 8.

    Raises:
        SystemExit: it is no image.
    """
    try:
        with Image.open(path) as file:
            image = file.convert("L").resize((8, 8), Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError) as error:
        raise SystemExit(f"Error: '{path}' cannot be read as an image: {error}.") from None
    return [(str(path), torch.from_numpy(np.asarray(image, np.float32)).unsqueeze(0) / 255)]
