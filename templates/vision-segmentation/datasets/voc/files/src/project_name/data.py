"""The samples: PASCAL VOC 2012, photographs and masks of 20 kinds of objects, downloaded by torchvision."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from torch import Tensor
from torchvision.datasets import VOCSegmentation

from scaffold_runtime import distributed as idist

from .loaders import Datasets, LoaderConfig
from .masked_photos import MaskedPhotos, Pair
from .photos import read_input

# fmt: off
CLASSES = [
    "background",
    "aeroplane", "bicycle", "bird", "boat", "bottle",
    "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person",
    "pottedplant", "sheep", "sofa", "train", "tvmonitor",
]
# fmt: on


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The photographs and how they are batched."""

    root: Path = Path("data")
    """Where the photographs are, or are downloaded to."""
    image_size: Annotated[int, Meta(ge=1)] = 256
    """Height and width that photographs and masks are scaled to, in pixels."""
    augment: bool = True
    """Train on random parts of the photographs, and on their mirror images."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples; the masks of VOC's own test are not public, its validation is halved.

    Each is `(image, mask)`: a `(3, image_size, image_size)` float tensor in `[0, 1]`, and a class for each pixel, 255
    along the outlines.
    """
    root = os.path.expanduser(config.root)  # a shell leaves the `~` of `--data.root=~/voc` as it is
    with idist.one_rank_first(local=True):  # one process of a machine downloads
        # It is unpacked whenever `download` is set, over files that other runs may be reading.
        is_there = (Path(root) / "VOCdevkit/VOC2012/SegmentationClass").is_dir()
        train = VOCSegmentation(root, "2012", "train", download=not is_there)
    val = VOCSegmentation(root, "2012", "val")

    def photos(voc: VOCSegmentation, indices: Sequence[int], augment: bool = False) -> MaskedPhotos:
        read = partial(read_pair, voc, indices)
        class_of = {index: index for index in range(len(CLASSES))}
        return MaskedPhotos(len(indices), read, class_of=class_of, size=config.image_size, augment=augment)

    return Datasets(
        train=photos(train, range(len(train)), config.augment),
        val=photos(val, range(0, len(val), 2)),
        test=photos(val, range(1, len(val), 2)),
        sizes={"channels": 3, "num_classes": len(CLASSES)},
        info={"classes": CLASSES},
    )


def read_pair(voc: VOCSegmentation, indices: Sequence[int], index: int) -> Pair:
    """The photograph and the mask of one of some indices."""
    photo, mask = voc[indices[index]]
    return photo, mask


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    return [(str(path), read_input(path, config.image_size))]
