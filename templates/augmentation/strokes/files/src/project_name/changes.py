"""What augmentation makes of an image: another view of the same thing. A mirrored 2 is none, so nothing is mirrored."""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, pad

Augmentation = Literal["none", "light", "strong"]

SHIFT = 1 / 8  # of height and width, at most, to each side
TURN = math.radians(15)  # at most, to each side: with more of it a 4 or a 7 looks like another digit
ZOOM = 0.15  # of the size, at most, up and down
DIM = 0.3  # of the brightness, at most


def change(image: Tensor, augmentation: Augmentation) -> Tensor:
    """An image `(C, H, W)` in `[0, 1]`: light moves it; strong also turns, scales and dims it."""
    if augmentation == "none":
        return image
    if augmentation == "strong":
        image = turned(image) * (1 - DIM * torch.rand(()))
    return moved(image)


def moved(image: Tensor) -> Tensor:
    """By whole pixels; what comes in at an edge is as the edge was."""
    height, width = image.shape[1:]
    down, right = int(height * SHIFT), int(width * SHIFT)
    top, left = int(torch.randint(2 * down + 1, ())), int(torch.randint(2 * right + 1, ()))
    larger = pad(image[None], (right, right, down, down), mode="replicate")[0]
    return larger[:, top : top + height, left : left + width]


def turned(image: Tensor) -> Tensor:
    """Around its middle, and scaled there."""
    angle, zoom = (2 * torch.rand(2) - 1).tolist()
    angle, zoom = TURN * angle, 1 + ZOOM * zoom
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    to_source = torch.tensor([[[cos, -sin, 0.0], [sin, cos, 0.0]]])  # (1, 2, 3): where a pixel comes from
    grid = affine_grid(to_source, [1, *image.shape], align_corners=False)
    return grid_sample(image[None], grid, padding_mode="border", align_corners=False)[0]
