"""A sample of images, looked at by Pillow: sizes, kinds of pixels, files that cannot be read."""

from __future__ import annotations

import statistics
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from ..errors import UsageError
from .finding import Tick, examples, given, many
from .names import Names

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"})
"""What projects read, as torchvision does."""
NUM_LOOKED = 500
"""Images that are opened, spread evenly over all of them."""
BYTES_DECODED = 64 * 1024 * 1024
"""Of these so many bytes are decoded to the end, which finds files that were cut off."""
GREY = ("1", "L", "I", "I;16", "F")
TRANSPARENT = ("RGBA", "LA", "PA")
NOT_READ = frozenset({".gif", ".heic", ".avif", ".jp2", ".jxl", ".npy", ".dcm"})
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for a file that is no image, or half of one."""


@dataclass(frozen=True)
class Looked:
    """What the sample says.

    Attributes:
        num_images: of all.
        num_looked: of them, in the sample.
        sizes: width and height of each that can be read.
        modes: how many have which kind of pixels, in Pillow's names.
        unreadable: those that cannot be read.
    """

    num_images: int
    num_looked: int
    sizes: Sequence[tuple[int, int]]
    modes: Counter[str]
    unreadable: Sequence[str]

    @property
    def channels(self) -> int:
        """One if all are grey, else three."""
        return 1 if self.modes and all(mode in GREY for mode in self.modes) else 3

    @property
    def shorter_side(self) -> int:
        """The median of the shorter sides, in pixels."""
        return int(statistics.median(min(size) for size in self.sizes))

    def sample(self) -> str:
        """How it is said that not all were looked at; nothing if all were."""
        return "" if self.num_looked == self.num_images else f" of {self.num_looked:,} that were looked at"

    def size_sentence(self) -> str:
        """From which to which size they are."""
        small, large = min(self.sizes, key=_area), max(self.sizes, key=_area)
        if small == large:
            return f"All{self.sample()} are {_by(small)} pixels"
        return f"They are from {_by(small)} to {_by(large)} pixels{self.sample()}"


def is_image(name: str) -> bool:
    """Whether a file's name is an image's."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def spread(names: Sequence[str], most: int) -> list[str]:
    """Some of the names, spread evenly.

    Example:
        >>> spread(["a", "b", "c", "d", "e"], 2)
        ['a', 'c']
    """
    return [names[index * len(names) // most] for index in range(most)] if len(names) > most else list(names)


def look(root: Path, names: Sequence[str], tick: Tick) -> Looked:
    """Opens some of the images and says what they are.

    Raises:
        UsageError: none of them can be read.
    """
    chosen = spread(names, NUM_LOOKED)
    sizes: list[tuple[int, int]] = []
    modes: Counter[str] = Counter()
    unreadable: list[str] = []
    budget = BYTES_DECODED
    for number, name in enumerate(chosen):
        tick(f"{number:,} of {len(chosen):,} images")
        try:
            budget -= (root / name).stat().st_size
            size, mode = _open(root / name, decode=budget > 0)
        except UNREADABLE:
            unreadable.append(name)
        else:
            sizes.append(size)
            modes[mode] += 1
    if not sizes:
        raise UsageError(
            f"None of the images in '{root}' can be read: {examples(unreadable)}.",
            "Look whether they were copied whole.",
        )
    return Looked(len(names), len(chosen), sizes, modes, unreadable)


def _open(path: Path, *, decode: bool) -> tuple[tuple[int, int], str]:
    with warnings.catch_warnings(action="ignore"), Image.open(path) as image:  # Pillow warns of large ones
        size, mode = image.size, image.mode
        if decode:
            image.draft("L", (1, 1))  # a JPEG is read to its end at an eighth of its size, which is fast
            image.load()
        return size, mode


def fitting_size(side: int, *, largest: int) -> int:
    """The size that images are scaled to: nearly theirs if they are small, in steps that networks halve well.

    Example:
        >>> fitting_size(28, largest=128), fitting_size(100, largest=128), fitting_size(480, largest=128)
        (28, 96, 128)
    """
    step = 4 if side < 64 else 16
    return min(max(side // step, 1) * step, largest)


def mixed_channels(looked: Looked) -> list[str]:
    """Problems if grey and coloured images, or such with transparency, are mixed."""
    total = sum(looked.modes.values())
    grey = sum(count for mode, count in looked.modes.items() if mode in GREY)
    clear = sum(count for mode, count in looked.modes.items() if mode in TRANSPARENT)
    numbers = f"{grey:,} of {many(total, 'image')} that were looked at {'is' if grey == 1 else 'are'} grey"
    return [
        *given(0 < grey < total, f"Channels are mixed: {numbers}. All are read as colour (RGB)."),
        *given(clear, f"{clear:,} of {many(total, 'image')} looked at with transparency, which is dropped."),
    ]


def unreadable_images(looked: Looked) -> list[str]:
    """A problem if files cannot be read."""
    files = looked.unreadable
    what = (
        f"{many(len(files), 'file')}{looked.sample()} cannot be read as {'an image' if len(files) == 1 else 'images'}"
    )
    return given(files, f"{what}: {examples(files)}. Such a file ends a run that comes to it.")


def other_images(names: Names) -> list[str]:
    """A problem if there are images of kinds that projects do not read."""
    counts = names.suffixes()
    kinds = ", ".join(f"{counts[suffix]:,} {suffix}" for suffix in sorted(NOT_READ & set(counts)))
    return given(kinds, f"Files that the project does not read are passed over: {kinds}. Save them as PNG or JPEG.")


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
