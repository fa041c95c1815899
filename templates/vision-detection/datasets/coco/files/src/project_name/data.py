"""The samples: your own images with boxes, in `ROOT/{train,val,test}/`, in COCO's format."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor
from torch.utils.data import Dataset

from .annotations import Annotated as AnnotatedImage
from .annotations import read_annotations
from .loaders import Datasets, LoaderConfig
from .photos import WHOLE, View, random_view, read_input, read_photo, to_input

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    root: Path = Path("data")
    """The folder that holds train/, val/ and test/, each with its images and a JSON file of annotations."""
    image_size: Annotated[int, Meta(ge=4, multiple_of=4)] = 256
    """Height and width that images are scaled to, in pixels; a multiple of the 4 that a cell of the output has."""
    augment: bool = True
    """Train on random parts of the images, and on their mirror images."""


class BoxedPhotos(Dataset[tuple[Tensor, Tensor]]):
    """Samples `(image, objects)`: `(3, size, size)` float in `[0, 1]`, and `(most, 5)` float.

    A row of `objects` is the left, top, right and bottom edge of an object in pixels, and its class; -1 for no object.

    Args:
        images: where they are, and what is in them.
        most: how many objects an image may have.
        size: height and width that images are scaled to, in pixels.
        augment: a random part of each image, mirrored half of the time, in place of the whole.
    """

    def __init__(self, images: Sequence[AnnotatedImage], *, most: int, size: int, augment: bool) -> None:
        self._images, self._most, self._size, self._augment = images, most, size, augment

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = self._images[index]
        view = random_view() if self._augment else WHOLE
        rows = torch.full((self._most, 5), -1.0)
        seen = seen_through(view, torch.tensor(image.objects).reshape(-1, 5))
        rows[: len(seen)] = seen
        rows[: len(seen), :4] *= self._size
        return to_input(read_photo(image.file), self._size, view), rows


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples, with the classes that the annotations name.

    Raises:
        SystemExit: images and annotations do not go together.
    """
    root = Path(os.path.expanduser(config.root))  # a shell leaves the `~` of `--data.root=~/images` as it is
    splits = {split: read_annotations(root / split) for split in SPLITS}
    classes = splits["train"].classes
    for split, annotations in splits.items():
        if annotations.classes != classes:
            raise SystemExit(
                f"Error: The categories differ: {list(classes)} in train, {list(annotations.classes)} in {split}.\n"
                "Hint:  The three files need the same list of categories."
            )
    most = max(len(image.objects) for annotations in splits.values() for image in annotations.images)
    photos = {
        split: BoxedPhotos(
            annotations.images, most=most, size=config.image_size, augment=config.augment and split == "train"
        )
        for split, annotations in splits.items()
    }
    return Datasets(**photos, sizes={"channels": 3, "num_classes": len(classes)}, info={"classes": list(classes)})


def seen_through(view: View, objects: Tensor) -> Tensor:
    """The objects `(M, 5)` whose middle is in the part that is seen, `(K, 5)`, in parts of it and cut at its edges."""
    left, top, right, bottom = view.box
    start, extent = torch.tensor([left, top]), torch.tensor([right - left, bottom - top])
    low, high = (objects[:, :2] - start) / extent, (objects[:, 2:4] - start) / extent
    middle = (low + high) / 2
    inside = ((middle > 0) & (middle < 1)).all(dim=1)
    edges = torch.cat((low, high), dim=1).clamp(0, 1)
    if view.mirrored:
        edges = torch.stack((1 - edges[:, 2], edges[:, 1], 1 - edges[:, 0], edges[:, 3]), dim=1)
    return torch.cat((edges, objects[:, 4:]), dim=1)[inside]


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    return [(str(path), read_input(path, config.image_size))]
