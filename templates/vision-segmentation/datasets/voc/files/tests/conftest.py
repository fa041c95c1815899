"""PASCAL VOC in small: files in its format, with photographs made here."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from project_name.data import DataConfig


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """32 photographs to train on and 16 that validate and test; those that are there are not downloaded."""
    folder, chance = tmp_path / "data/VOCdevkit/VOC2012", np.random.default_rng(0)
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (folder / name).mkdir(parents=True)
    for split, count in (("train", 32), ("val", 16)):
        for index in range(count):
            pixels, mask = chance.integers(0, 100, (40, 50, 3), dtype=np.uint8), np.zeros((40, 50), np.uint8)
            pixels[10:30, 15:35] += 128
            mask[9:31, 14:36] = 255
            mask[10:30, 15:35] = 1 + index % 20
            Image.fromarray(pixels).save(folder / f"JPEGImages/{split}_{index}.jpg")
            coloured = Image.fromarray(mask)
            coloured.putpalette((np.arange(768) % 256).tolist())  # its masks are numbers with a palette
            coloured.save(folder / f"SegmentationClass/{split}_{index}.png")
        lines = "".join(f"{split}_{index}\n" for index in range(count))
        (folder / f"ImageSets/Segmentation/{split}.txt").write_text(lines)
    return tmp_path / "data"


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small files."""
    return DataConfig(root=root, image_size=32)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), "--data.image-size", "32", "--model.width", "8", "--model.levels", "1"]
