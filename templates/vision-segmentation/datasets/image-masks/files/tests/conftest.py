"""A small folder of images and masks, made here: a bright square on a dark ground."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from project_name.data import DataConfig


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`root/{train,val,test}/{images/*.jpg,masks/*.png}`; masks are 0 and 1, and 255 in a corner."""
    chance = np.random.default_rng(0)
    for split, count in (("train", 24), ("val", 8), ("test", 8)):
        folder = tmp_path / "pairs" / split
        (folder / "images").mkdir(parents=True)
        (folder / "masks").mkdir()
        for index in range(count):
            pixels, mask = chance.integers(0, 100, (40, 50, 3), dtype=np.uint8), np.zeros((40, 50), np.uint8)
            top, left = chance.integers(0, 20, 2)
            pixels[top : top + 20, left : left + 20] += 128
            mask[top : top + 20, left : left + 20] = 1
            mask[-3:, -3:] = 255
            Image.fromarray(pixels).save(folder / "images" / f"{index}.jpg")
            Image.fromarray(mask).save(folder / "masks" / f"{index}.png")
    return tmp_path / "pairs"


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small folder."""
    return DataConfig(root=root, image_size=32)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), "--data.image-size", "32", "--model.width", "8", "--model.levels", "1"]
