"""A small folder of images, made here: two classes, one dark and one bright."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from project_name.data import DataConfig
from small_network import NETWORK_FLAGS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`root/{train,val,test}/{bright,dark}/*.png`."""
    random = np.random.default_rng(0)
    for split, count in (("train", 24), ("val", 8), ("test", 8)):
        for label, low in (("bright", 128), ("dark", 0)):
            folder = tmp_path / "images" / split / label
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(low, low + 128, (40, 50, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.png")
    return tmp_path / "images"


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small folder."""
    return DataConfig(root=root, image_size=32, channels=3)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), "--data.image-size", "32", "--data.channels", "3", *NETWORK_FLAGS]
