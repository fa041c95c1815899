"""Scenes: real handwritten digits on noise, with masks and boxes taken from their pixels; no download.

scikit-learn's 1,797 digits are split before they are pasted: no digit of a test scene is in a scene of training.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import torch
from msgspec import Meta
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor

from .loaders import LoaderConfig

SIDE = 8  # height and width of a digit, in pixels
INK = 0.25  # of white: darker pixels are not part of a digit
PLACEMENTS = 16  # tries for each scene: of three digits on 32 x 32 pixels the chance that all fail is 1 in 4,000


@dataclass(frozen=True)
class SceneConfig(LoaderConfig):
    """The scenes and how they are batched."""

    num_scenes: Annotated[int, Meta(ge=1)] = 4000
    """Scenes to train on."""
    num_eval_scenes: Annotated[int, Meta(ge=1)] = 500
    """Scenes to validate on, and as many to test on."""
    scene_size: Annotated[int, Meta(ge=SIDE)] = 32
    """Height and width of a scene, in pixels."""
    digits_per_scene: Annotated[int, Meta(ge=1)] = 3
    """Digits in each scene; where there is no room, later ones cover earlier ones."""
    noise: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """The brightest noise, as a part of white."""
    scene_seed: int = 0
    """Seeds the split of the digits and the scenes; they stay the same whatever the run's seed is."""


@dataclass(frozen=True)
class Scenes:
    """Images and what is in them.

    Attributes:
        images: `(N, 1, H, W)` float in `[0, 1]`.
        masks: `(N, H, W)` int64; 0 is the ground, 1 + d is a pixel of digit d.
        boxes: `(N, D, 4)` float; left, top, right and bottom edge of each digit's pixels.
        labels: `(N, D)` int64, the digits.
    """

    images: Tensor
    masks: Tensor
    boxes: Tensor
    labels: Tensor


def load_scenes(config: SceneConfig) -> Mapping[str, Scenes]:
    """Scenes for "train", "val" and "test", made of 70, 15 and 15 % of the digits."""
    data = cast(Any, load_digits())
    digits = torch.from_numpy(data.images).float() / 16  # (1797, 8, 8), 17 levels of grey
    labels = torch.from_numpy(data.target).long()
    chance = torch.Generator().manual_seed(config.scene_seed)
    order = torch.randperm(len(digits), generator=chance)
    parts = order.split([1257, 270, 270])
    counts = [config.num_scenes, config.num_eval_scenes, config.num_eval_scenes]
    return {
        split: make_scenes(digits[part], labels[part], count, config, chance)
        for split, part, count in zip(("train", "val", "test"), parts, counts, strict=True)
    }


def make_scenes(digits: Tensor, labels: Tensor, count: int, config: SceneConfig, chance: torch.Generator) -> Scenes:
    """That many scenes, each of some of the digits.

    Shapes:
        digits: `(K, 8, 8)` float in `[0, 1]`.
        labels: `(K,)` int64.
    """
    size, per_scene = config.scene_size, config.digits_per_scene
    chosen = torch.randint(len(digits), (count, per_scene), generator=chance)
    corners = place(count, per_scene, size - SIDE + 1, chance)
    images = torch.rand(count, 1, size, size, generator=chance) * config.noise
    masks = torch.zeros(count, size, size, dtype=torch.int64)
    scene, inside = torch.arange(count)[:, None, None], torch.arange(SIDE)
    for number in range(per_scene):  # the same digit of all scenes at once
        digit, label = digits[chosen[:, number]], labels[chosen[:, number]]
        rows = corners[:, number, 1, None, None] + inside[:, None]  # (N, 8, 1)
        columns = corners[:, number, 0, None, None] + inside  # (N, 1, 8)
        ink = digit >= INK
        images[scene, 0, rows, columns] = torch.where(ink, digit, images[scene, 0, rows, columns])
        masks[scene, rows, columns] = torch.where(ink, label[:, None, None] + 1, masks[scene, rows, columns])
    boxes = corners.repeat(1, 1, 2) + extents(digits >= INK)[chosen]
    return Scenes(images, masks, boxes.float(), labels[chosen])


def place(count: int, per_scene: int, room: int, chance: torch.Generator) -> Tensor:
    """Upper left corners `(count, per_scene, 2)` below `room`: the first of some placements where no two touch."""
    tries = torch.randint(room, (count, PLACEMENTS, per_scene, 2), generator=chance)
    distances = (tries[:, :, :, None] - tries[:, :, None]).abs().amax(dim=-1)  # (count, PLACEMENTS, digits, digits)
    apart = (distances >= SIDE) | torch.eye(per_scene, dtype=torch.bool)
    first = apart.flatten(2).all(dim=2).int().argmax(dim=1)  # of equals the first; 0 if none is good
    return tries[torch.arange(count), first]


def extents(ink: Tensor) -> Tensor:
    """Left, top, right and bottom edge of what is set in each of `(K, H, W)`, as `(K, 4)`."""
    columns, rows = ink.any(dim=1).int(), ink.any(dim=2).int()
    height, width = ink.shape[1:]
    edges = [columns.argmax(1), rows.argmax(1), width - columns.flip(1).argmax(1), height - rows.flip(1).argmax(1)]
    return torch.stack(edges, dim=1)


def read_scene(path: Path, size: int) -> Tensor:
    """An image from a file, grey and scaled to `(1, size, size)`: bright strokes on a darker ground.

    Raises:
        SystemExit: it is no image.
    """
    try:
        with Image.open(path) as file:
            image = file.convert("L").resize((size, size), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError) as error:
        raise SystemExit(f"Error: '{path}' cannot be read as an image: {error}.") from None
    return torch.from_numpy(np.asarray(image, np.float32)).unsqueeze(0) / 255
