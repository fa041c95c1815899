"""Oxford-IIIT Pets in small: files in its format, with photographs made here."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from project_name.data import DataConfig


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """40 photographs to train and validate on and 8 to test on; those that are there are not downloaded."""
    folder, chance = tmp_path / "data" / "oxford-iiit-pet", np.random.default_rng(0)
    for name in ("images", "annotations/trimaps"):
        (folder / name).mkdir(parents=True)
    for split, count in (("trainval", 40), ("test", 8)):
        lines: list[str] = []
        for index in range(count):
            name = f"{('Abyssinian', 'beagle')[index % 2]}_{split}_{index}"
            pixels, mask = chance.integers(0, 100, (40, 50, 3), dtype=np.uint8), np.full((40, 50), 2, np.uint8)
            pixels[10:30, 15:35] += 128
            mask[9:31, 14:36] = 3
            mask[10:30, 15:35] = 1
            Image.fromarray(pixels).save(folder / "images" / f"{name}.jpg")
            Image.fromarray(mask).save(folder / "annotations/trimaps" / f"{name}.png")
            lines.append(f"{name} {1 + index % 2} {1 + index % 2} 1")
        (folder / f"annotations/{split}.txt").write_text("\n".join(lines) + "\n")
    return folder.parent


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small files."""
    return DataConfig(root=root, image_size=32)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), "--data.image-size", "32", "--model.width", "8", "--model.levels", "1"]
