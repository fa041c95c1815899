"""Photographs with masks: read when they are asked for, scaled, in training seen by parts."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from .loss import IGNORED
from .photos import Augmentation, random_view, to_input

Pair = tuple[Image.Image, Image.Image]  # a photograph, and a mask of its size whose pixels are numbers up to 255


class MaskedPhotos(Dataset[tuple[Tensor, Tensor]]):
    """Samples `(image, mask)`: `(3, size, size)` float in `[0, 1]`, and `(size, size)` int64, classes or `IGNORED`.

    Args:
        length: how many there are.
        read: the photograph and the mask of an index.
        class_of: the class of each value of a mask; pixels of other values are ignored.
        size: height and width that images are scaled to, in pixels.
        augmentation: how far the views are from the whole image as it is.
    """

    def __init__(
        self,
        length: int,
        read: Callable[[int], Pair],
        *,
        class_of: Mapping[int, int],
        size: int,
        augmentation: Augmentation,
    ) -> None:
        self._length, self._read, self._size = length, read, size
        self._augmentation: Augmentation = augmentation
        self._classes = torch.full((256,), IGNORED)
        for value, index in class_of.items():
            self._classes[value] = index

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        photo, mask = self._read(index)
        view = random_view(self._augmentation)
        # The nearest pixel: between class 2 and class 4 there is no class 3.
        values = np.array(view.scaled(mask, self._size, Image.Resampling.NEAREST))
        return to_input(photo, self._size, view), self._classes[torch.from_numpy(values).long()]
