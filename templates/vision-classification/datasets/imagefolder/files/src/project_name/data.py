"""The images: your own, in `ROOT/{train,val,test}/CLASS/`, read by torchvision."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torchvision.datasets import ImageFolder
from torchvision.datasets.folder import default_loader, is_image_file
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
    augment: bool = True
    """Train on random parts of the images, and on their mirror images."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples, with the classes that the training folder has.

    Each is `(image, label)`: a normalized `(3, image_size, image_size)` float tensor, and a class index.
    """
    plain, changed = _transforms(config)
    root = Path(os.path.expanduser(config.root))  # a shell leaves the `~` of `--data.root=~/images` as it is
    train = _read_split(root / "train", changed if config.augment else plain)
    val = _read_split(root / "val", plain)
    test = _read_split(root / "test", plain)
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
        info={"classes": train.classes},
    )


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    try:
        return [(str(path), _transforms(config)[0](_read_image(str(path))))]
    except OSError as error:
        raise SystemExit(f"Error: {error}.") from None


def _transforms(config: DataConfig) -> tuple[Callable[[Any], Tensor], Callable[[Any], Tensor]]:
    """From an image to what the network takes: without chance, and with the changes of training."""
    size = config.image_size
    to_tensor = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    plain = v2.Compose([v2.Resize(size), v2.CenterCrop(size), *to_tensor])
    return plain, v2.Compose([v2.RandomResizedCrop(size, scale=(0.5, 1.0)), v2.RandomHorizontalFlip(), *to_tensor])


class VisibleFolders(ImageFolder):
    """torchvision's, but a hidden folder such as `.ipynb_checkpoints` is no class."""

    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:
        """The classes in alphabetical order, and the index of each."""
        folders = [path.name for path in Path(directory).iterdir() if path.is_dir() and path.name[0] != "."]
        return sorted(folders), {name: index for index, name in enumerate(sorted(folders))}


def _read_split(folder: Path, transform: Callable[[Any], Any]) -> ImageFolder:
    """The images of one split; hidden files and folders (`._1.png`, copies by Jupyter) are passed over."""
    if not folder.is_dir():
        raise SystemExit(f"Error: There is no folder '{folder}'.\nHint:  --data.root names its parent.")
    if not any(path.is_dir() and path.name[0] != "." for path in folder.iterdir()):
        raise SystemExit(f"Error: '{folder}' has no folders of classes.\nHint:  Put each class's images in its own.")

    def is_visible_image(path: str) -> bool:
        return is_image_file(path) and f"{os.sep}." not in path[len(str(folder)) :]

    images = VisibleFolders(folder, transform, loader=_read_image, is_valid_file=is_visible_image, allow_empty=True)
    empty = [f"'{folder / name}'" for name, index in images.class_to_idx.items() if index not in set(images.targets)]
    if empty:
        raise SystemExit(f"Error: There is no image in {', '.join(empty)}.\nHint:  Put some there, or remove it.")
    return images


def _read_image(path: str) -> Image.Image:
    try:
        return default_loader(path)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's, of which most do not name the file
        raise OSError(f"'{path}' cannot be read as an image: {error}") from error
