"""The images: scikit-learn's 1,797 handwritten digits, 8 x 8 grey pixels, no download."""

from __future__ import annotations

from typing import Any, cast

import torch
from sklearn.datasets import load_digits  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from torch.utils.data import TensorDataset, random_split

from .config import DataConfig
from .splits import Datasets


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the images.

    Each is `(image, label)`: a `(1, 8, 8)` float tensor in `[0, 1]`, and a class in `[0, 10)`.
    """
    digits = cast(Any, load_digits())
    images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    labels = torch.from_numpy(digits.target).long()
    split = torch.Generator().manual_seed(config.split_seed)
    train, val, test = random_split(TensorDataset(images, labels), [0.7, 0.15, 0.15], split)
    return Datasets(train=train, val=val, test=test, channels=1, num_classes=10)
