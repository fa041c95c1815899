"""Photographs: from a file to what the network takes, and the views of them that training sees.

Images are scaled to a square whatever their shape, so that places, as parts of width and height, stay what they are.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class View:
    """A part of an image, maybe mirrored.

    Attributes:
        box: left, top, right and bottom edge of the part, in parts of the image's width and height.
        mirrored: left and right are exchanged.
    """

    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    mirrored: bool = False

    def scaled(self, image: Image.Image, size: int, resampling: Image.Resampling) -> Image.Image:
        """The part of the image, scaled to `size` x `size`."""
        left, top, right, bottom = self.box
        edges = (left * image.width, top * image.height, right * image.width, bottom * image.height)
        part = image.resize((size, size), resampling, edges)
        return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.mirrored else part


WHOLE = View()


def random_view(least: float = 0.6) -> View:
    """A part of at least `least` of the width and of the height, mirrored half of the time.

    By torch's own generator, whose state a run saves: a resumed run sees the same views.
    """
    width, height = (least + (1 - least) * torch.rand(2)).tolist()
    left, top, coin = torch.rand(3).tolist()
    left, top = left * (1 - width), top * (1 - height)
    return View((left, top, left + width, top + height), mirrored=coin < 0.5)


def to_input(photo: Image.Image, size: int, view: View = WHOLE) -> Tensor:
    """A `(3, size, size)` float tensor in `[0, 1]`."""
    pixels = np.asarray(view.scaled(photo, size, Image.Resampling.BILINEAR), np.float32)
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255


def read_photo(path: Path) -> Image.Image:
    """An image of three channels.

    Raises:
        OSError: it cannot be read; the message names the file.
    """
    try:
        with Image.open(path) as file:
            return file.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's, of which most do not name the file
        raise OSError(f"'{path}' cannot be read as an image: {error}") from error


def read_input(path: Path, size: int) -> Tensor:
    """A file's image as the network takes it, `(3, size, size)`, for programs that use a trained network.

    Raises:
        SystemExit: it is no image.
    """
    try:
        return to_input(read_photo(path), size)
    except OSError as error:
        raise SystemExit(f"Error: {error}.") from None


def find_images(folder: Path) -> list[Path]:
    """The images of a folder, by name; hidden files, as systems leave them among images, are passed over.

    Raises:
        SystemExit: there is no such folder, or no image in it.
    """
    if not folder.is_dir():
        raise SystemExit(f"Error: There is no folder '{folder}'.\nHint:  --data.root names the one that holds train/.")
    images = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.name[0] != ".")
    if not images:
        raise SystemExit(f"Error: There is no image in '{folder}'.\nHint:  It should hold files such as 1.png, 2.jpg.")
    return images
