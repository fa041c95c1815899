"""Photographs: from a file to what the network takes, and the views of them that training sees.

Images are scaled to a square whatever their shape, so that places, as parts of width and height, stay what they are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

Augmentation = Literal["none", "light", "strong"]

LEAST = {"light": 0.6, "strong": 0.4}  # of width and height, that training sees
COLOURS = 0.4  # how far brightness, contrast and saturation go from 1, at most

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class View:
    """A part of an image, maybe mirrored, maybe in other colours.

    Attributes:
        box: left, top, right and bottom edge of the part, in parts of the image's width and height.
        mirrored: left and right are exchanged.
        colours: factors of brightness, contrast and saturation, if they change.
    """

    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    mirrored: bool = False
    colours: tuple[float, float, float] | None = None

    def scaled(self, image: Image.Image, size: int, resampling: Image.Resampling) -> Image.Image:
        """The part of the image, scaled to `size` x `size`."""
        left, top, right, bottom = self.box
        edges = (left * image.width, top * image.height, right * image.width, bottom * image.height)
        part = image.resize((size, size), resampling, edges)
        return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.mirrored else part

    def coloured(self, pixels: Tensor) -> Tensor:
        """Pixels `(3, H, W)` in `[0, 1]` in the view's colours."""
        if self.colours is None:
            return pixels
        brightness, contrast, saturation = self.colours
        pixels = torch.lerp(pixels.mean(dim=0, keepdim=True), pixels, saturation)  # away from each pixel's grey,
        return (brightness * torch.lerp(pixels.mean(), pixels, contrast)).clamp(0, 1)  # and from that of all of them


WHOLE = View()


def random_view(augmentation: Augmentation) -> View:
    """A part of at least `LEAST` of width and height, mirrored half of the time; strong: in other colours, too.

    By torch's own generator, which the loader seeds for each sample by run, epoch and index: workers, more processes
    and a resumed run see the same views.
    """
    if augmentation == "none":
        return WHOLE
    least = LEAST[augmentation]
    width, height = (least + (1 - least) * torch.rand(2)).tolist()
    left, top, coin = torch.rand(3).tolist()
    left, top = left * (1 - width), top * (1 - height)
    box, mirrored = (left, top, left + width, top + height), coin < 0.5
    if augmentation == "light":
        return View(box, mirrored)
    brightness, contrast, saturation = (1 + COLOURS * (2 * torch.rand(3) - 1)).tolist()
    return View(box, mirrored, (brightness, contrast, saturation))


def to_input(photo: Image.Image, size: int, view: View = WHOLE) -> Tensor:
    """A `(3, size, size)` float tensor in `[0, 1]`."""
    pixels = np.asarray(view.scaled(photo, size, Image.Resampling.BILINEAR), np.float32)
    return view.coloured(torch.from_numpy(pixels).permute(2, 0, 1) / 255)


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
