"""The samples: your own images and masks, in `ROOT/{train,val,test}/{images,masks}/`."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from PIL import Image
from torch import Tensor

from .loaders import Datasets, LoaderConfig
from .loss import IGNORED
from .masked_photos import MaskedPhotos, Pair
from .photos import find_images, read_input, read_photo

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    root: Path = Path("data")
    """The folder that holds train/, val/ and test/, each with images/ and masks/."""
    image_size: Annotated[int, Meta(ge=1)] = 128
    """Height and width that images and masks are scaled to, in pixels."""
    augment: bool = True
    """Train on random parts of the images, and on their mirror images."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples, with the classes that their masks have.

    Each is `(image, mask)`: a `(3, image_size, image_size)` float tensor in `[0, 1]`, and a class for each pixel.

    Raises:
        SystemExit: images and masks do not go together.
    """
    root = Path(os.path.expanduser(config.root))  # a shell leaves the `~` of `--data.root=~/images` as it is
    pairs = {split: find_pairs(root / split) for split in SPLITS}
    values = {split: {value for seen in read_values(pairs[split]) for value in seen} for split in SPLITS}
    names, class_of = find_classes(root / "classes.txt", values)

    def photos(split: str) -> MaskedPhotos:
        files = pairs[split]

        def read(index: int) -> Pair:
            image, mask = files[index]
            return read_photo(image), read_mask(mask)

        augment = config.augment and split == "train"
        return MaskedPhotos(len(files), read, class_of=class_of, size=config.image_size, augment=augment)

    sizes = {"channels": 3, "num_classes": len(names)}
    return Datasets(photos("train"), photos("val"), photos("test"), sizes, info={"classes": names})


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    return [(str(path), read_input(path, config.image_size))]


def find_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """The images of a split, each with the mask of its name."""
    images, masks = find_images(folder / "images"), find_images(folder / "masks")
    by_name = {mask.stem: mask for mask in masks}
    alone = [image.name for image in images if image.stem not in by_name]
    if alone:
        raise SystemExit(
            f"Error: Of {len(images)} images in '{folder / 'images'}' {len(alone)} have no mask: '{alone[0]}'.\n"
            f"Hint:  Its mask should be '{folder / 'masks' / Path(alone[0]).stem}.png'."
        )
    return [(image, by_name[image.stem]) for image in images]


def read_mask(path: Path) -> Image.Image:
    """A mask, whose pixels are numbers up to 255.

    Raises:
        OSError: it cannot be read, or has more than one channel; the message names the file.
    """
    try:
        with Image.open(path) as file:
            mask = file.convert("L") if file.mode == "1" else file.copy()
    except (OSError, SyntaxError, ValueError) as error:
        raise OSError(f"'{path}' cannot be read as an image: {error}") from error
    if mask.mode not in ("L", "P") or path.suffix.lower() in (".jpg", ".jpeg"):
        kind = "JPEG, which blurs classes" if mask.mode == "L" else f"{'/'.join(mask.getbands())} in mode {mask.mode}"
        raise OSError(f"'{path}' should be a mask, one channel of class numbers up to 255 in a PNG file, and is {kind}")
    return mask


def read_values(pairs: Sequence[tuple[Path, Path]]) -> list[list[int]]:
    """The values that each mask has; all masks are read, so that no fault is found after hours."""

    def values(pair: tuple[Path, Path]) -> list[int]:
        mask = read_mask(pair[1])
        with Image.open(pair[0]) as image:  # reads its size only
            size = image.size
        if mask.size != size:
            raise OSError(f"'{pair[1]}' is {_by(mask.size)} pixels, and its image '{pair[0].name}' {_by(size)}")
        return np.unique(np.asarray(mask)).tolist()

    try:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(values, pairs))
    except OSError as error:
        raise SystemExit(f"Error: {error}.\nHint:  Make the file anew, or remove it and its image.") from None


def find_classes(file: Path, values: Mapping[str, set[int]]) -> tuple[list[str], dict[int, int]]:
    """The classes' names, and which class the masks' values are; by a file of names, or by the values alone."""
    everywhere = set[int]().union(*values.values())
    if file.is_file():
        names = [line.strip() for line in file.read_text().splitlines() if line.strip()]
        class_of = {value: value for value in range(len(names))}
        unnamed = sorted(everywhere - {IGNORED} - set(class_of))
        if unnamed:
            raise SystemExit(
                f"Error: '{file}' names the classes 0 to {len(names) - 1}, and masks have the value {unnamed[0]}.\n"
                "Hint:  Add the names that lack, one a line."
            )
    elif everywhere == {0, IGNORED}:
        names, class_of = ["background", "foreground"], {0: 0, IGNORED: 1}
    else:
        known = sorted(everywhere - {IGNORED})
        names, class_of = [str(value) for value in known], {value: index for index, value in enumerate(known)}
    unseen = [names[index] for value, index in class_of.items() if value not in values["train"]]
    if unseen or len(names) < 2:
        told = f"No mask of train/ has the class '{unseen[0]}'" if unseen else f"All masks have one class, {names}"
        raise SystemExit(f"Error: {told}.\nHint:  Each class should be in masks for training.")
    return names, class_of


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
