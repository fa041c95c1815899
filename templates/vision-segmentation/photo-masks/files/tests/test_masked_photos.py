"""Photographs and their masks stay together."""

import numpy as np
import torch
from PIL import Image
from project_name.loss import IGNORED
from project_name.masked_photos import MaskedPhotos, Pair


def read(index: int) -> Pair:
    """An image whose left third is red, and a mask that is 7 there, 9 in the middle and 0 on the right."""
    pixels, mask = np.zeros((30, 60, 3), np.uint8), np.zeros((30, 60), np.uint8)
    pixels[:, :20, 0], mask[:, :20], mask[:, 20:40] = 255, 7, 9
    return Image.fromarray(pixels), Image.fromarray(mask)


def test_values_become_classes() -> None:
    """Each value is its class; one that has none is ignored."""
    image, mask = MaskedPhotos(1, read, class_of={0: 0, 7: 1}, size=12, augmentation="none")[0]
    assert image.shape == (3, 12, 12)
    assert mask[0].tolist() == [1] * 4 + [IGNORED] * 4 + [0] * 4
    assert torch.equal(image[0] > 0.5, mask == 1)


def test_views_are_of_both() -> None:
    """Under augmentation, too, a pixel is red where its mask says so, but for those that scaling mixes."""
    torch.manual_seed(0)
    photos = MaskedPhotos(1, read, class_of={0: 0, 7: 1, 9: 2}, size=24, augmentation="light")
    seen = [photos[0] for _ in range(20)]
    assert all(((image[0] > 0.5) == (mask == 1)).float().mean() > 0.95 for image, mask in seen)
    assert len({mask[0, 0].item() for _, mask in seen}) > 1
