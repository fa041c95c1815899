"""The images: your own, in a folder or in folders below it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from msgspec import Meta
from PIL import Image, ImageOps
from torch import Tensor

from .loaders import Datasets, LoaderConfig
from .noise import FixedNoise, FreshNoise

FEWEST = 10
ENDINGS = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    root: Path = Path("data")
    """The folder of the images; those in folders below it count too."""
    image_size: Literal[8, 16, 32, 64, 128] = 64
    """Height and width that images are scaled and cropped to, in pixels."""
    latent_size: Annotated[int, Meta(ge=1)] = 100
    """Numbers of noise that an image is made of."""
    split_seed: int = 0
    """Seeds the split into training, validation and test images, and the noise of the last two."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 80, 10 and 10 % of the images.

    Each is `(noise, image)`: a float tensor `(latent_size,)`, and a float tensor `(3, image_size, image_size)` in
    `[-1, 1]`.

    Raises:
        SystemExit: there is no folder, or too few images in it.
    """
    root = Path(os.path.expanduser(config.root))  # a shell leaves the `~` of `--data.root=~/images` as it is
    if not root.is_dir():
        raise SystemExit(f"Error: There is no folder '{root}'.\nHint:  --data.root names that of the images.")
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in ENDINGS and not _is_hidden(path, root))
    if len(files) < FEWEST:
        raise SystemExit(
            f"Error: '{root}' has {len(files)} images, where {FEWEST} are needed at least.\n"
            f"Hint:  Files that end with {', '.join(sorted(ENDINGS))} count."
        )
    order = torch.randperm(len(files), generator=torch.Generator().manual_seed(config.split_seed)).tolist()
    part = len(files) // 10
    shuffled = [files[index] for index in order]
    val, test, train = shuffled[:part], shuffled[part : 2 * part], shuffled[2 * part :]
    size, noise = config.image_size, config.latent_size
    return Datasets(
        train=FreshNoise(ImageFiles(train, size), noise),
        val=FixedNoise(ImageFiles(val, size), noise, seed=config.split_seed),
        test=FixedNoise(ImageFiles(test, size), noise, seed=config.split_seed + 1),
        sizes={"channels": 3, "image_size": size, "latent_size": noise},
    )


class ImageFiles:
    """Images that are read when they are asked for."""

    def __init__(self, files: Sequence[Path], image_size: int) -> None:
        self.files, self.image_size = files, image_size

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Tensor:
        """The image, `(3, image_size, image_size)` in `[-1, 1]`: scaled so that its shorter edge fits, and cropped.

        Raises:
            OSError: the file is no image; it says which.
        """
        size = (self.image_size, self.image_size)
        try:
            with Image.open(self.files[index]) as file:
                image = ImageOps.fit(file.convert("RGB"), size, Image.Resampling.BILINEAR)
        except (OSError, SyntaxError, ValueError) as error:  # Pillow's, of which most do not name the file
            raise OSError(f"'{self.files[index]}' cannot be read as an image: {error}") from error
        levels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return levels.view(*size, 3).permute(2, 0, 1).float() / 127.5 - 1


def _is_hidden(path: Path, root: Path) -> bool:
    """What Jupyter, macOS and git leave among images (`._1.png`, `.ipynb_checkpoints`) is none."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)
