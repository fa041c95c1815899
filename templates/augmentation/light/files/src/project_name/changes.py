"""What augmentation makes of an image: the same scene in another light. Digits lie anywhere as it is: none is moved."""

from typing import Literal

import torch
from torch import Tensor

Augmentation = Literal["none", "light", "strong"]

GAMMA = 0.4  # of the exponent's logarithm, at most: from 0.67, which brightens, to 1.5
NOISE = 0.1  # of white: the standard deviation of what is added to each pixel, at most


def change(image: Tensor, augmentation: Augmentation) -> Tensor:
    """An image `(C, H, W)` in `[0, 1]`: light changes its brightness; strong also adds noise."""
    if augmentation == "none":
        return image
    image = image ** torch.exp(GAMMA * (2 * torch.rand(()) - 1))  # black and white stay what they are
    if augmentation == "strong":
        image = image + NOISE * torch.rand(()) * torch.randn(image.shape)
    return image.clamp(0, 1)
