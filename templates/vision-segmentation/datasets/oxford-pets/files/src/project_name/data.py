"""The samples: Oxford-IIIT Pets, photographs of cats and dogs with masks of the animal, downloaded by torchvision."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor
from torchvision.datasets import OxfordIIITPet

from scaffold_runtime import distributed as idist

from .loaders import Datasets, LoaderConfig
from .masked_photos import MaskedPhotos, Pair
from .photos import read_input

CLASS_OF = {2: 0, 1: 1}  # the masks' 3 is the outline, of which nobody says what it is


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The photographs and how they are batched."""

    root: Path = Path("data")
    """Where the photographs are, or are downloaded to."""
    image_size: Annotated[int, Meta(ge=1)] = 128
    """Height and width that photographs and masks are scaled to, in pixels."""
    augment: bool = True
    """Train on random parts of the photographs, and on their mirror images."""
    split_seed: int = 0
    """Seeds the choice of the validation samples."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples; a tenth of the training photographs validates.

    Each is `(image, mask)`: a `(3, image_size, image_size)` float tensor in `[0, 1]`, and for each pixel 1 for the
    animal, 0 for the background.
    """
    root = os.path.expanduser(config.root)  # a shell leaves the `~` of `--data.root=~/pets` as it is
    with idist.one_rank_first(local=True):  # one process of a machine downloads
        trainval = OxfordIIITPet(root, "trainval", "segmentation", download=True)
    test = OxfordIIITPet(root, "test", "segmentation")
    order = torch.randperm(len(trainval), generator=torch.Generator().manual_seed(config.split_seed)).tolist()
    num_val = len(order) // 10

    def photos(pets: OxfordIIITPet, indices: Sequence[int], augment: bool = False) -> MaskedPhotos:
        read = partial(read_pair, pets, indices)
        return MaskedPhotos(len(indices), read, class_of=CLASS_OF, size=config.image_size, augment=augment)

    return Datasets(
        train=photos(trainval, order[num_val:], config.augment),
        val=photos(trainval, order[:num_val]),
        test=photos(test, range(len(test))),
        sizes={"channels": 3, "num_classes": 2},
        info={"classes": ["background", "pet"]},
    )


def read_pair(pets: OxfordIIITPet, indices: Sequence[int], index: int) -> Pair:
    """The photograph and the mask of one of some indices."""
    photo, mask = pets[indices[index]]
    return photo, mask


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    return [(str(path), read_input(path, config.image_size))]
