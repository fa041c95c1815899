"""The images: scikit-learn's 1,797 handwritten digits, 8 x 8 grey pixels, no download."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

import torch
from msgspec import Meta
from sklearn.datasets import load_digits

from .loaders import Datasets, LoaderConfig
from .noise import FixedNoise, FreshNoise


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    latent_size: Annotated[int, Meta(ge=1)] = 64
    """Numbers of noise that an image is made of."""
    split_seed: int = 0
    """Seeds the split into training, validation and test images, and the noise of the last two."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the images.

    Each is `(noise, image)`: a float tensor `(latent_size,)`, and a `(1, 8, 8)` float tensor in `[-1, 1]`.
    """
    digits = cast(Any, load_digits())
    images = torch.from_numpy(digits.images).float().unsqueeze(1) / 8 - 1  # (1797, 1, 8, 8), 17 levels of grey
    # A generator of its own: the split stays the same whatever the run's seed is.
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(config.split_seed))
    train, val, test = (list(images[rows]) for rows in order.tensor_split([1258, 1528]))
    return Datasets(
        train=FreshNoise(train, config.latent_size),
        val=FixedNoise(val, config.latent_size, seed=config.split_seed),
        test=FixedNoise(test, config.latent_size, seed=config.split_seed + 1),
        sizes={"channels": 1, "image_size": 8, "latent_size": config.latent_size},
    )
