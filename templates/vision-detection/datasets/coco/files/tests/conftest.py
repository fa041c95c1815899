"""A small folder in COCO's format, made here: a bright square or a bright bar on a dark ground, or nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from project_name.data import DataConfig


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`root/{train,val,test}/{annotations.json,images/*.jpg}`; each third image has no object."""
    chance = np.random.default_rng(0)
    categories = [{"id": 7, "name": "bar"}, {"id": 3, "name": "square"}]
    for split, count in (("train", 24), ("val", 9), ("test", 9)):
        folder, images, annotations = tmp_path / "coco" / split, list[Any](), list[Any]()
        (folder / "images").mkdir(parents=True)
        for index in range(count):
            pixels = chance.integers(0, 100, (40, 80, 3), dtype=np.uint8)
            if index % 3:
                top, left, width = *chance.integers(0, 20, 2).tolist(), 20 if index % 3 == 1 else 40
                pixels[top : top + 20, left : left + width] += 128
                category = 3 if index % 3 == 1 else 7
                row = {"id": index, "image_id": 100 + index, "category_id": category, "bbox": [left, top, width, 20]}
                annotations.append(row)
            Image.fromarray(pixels).save(folder / "images" / f"{index}.jpg")
            images.append({"id": 100 + index, "file_name": f"{index}.jpg", "width": 80, "height": 40})
        content = {"images": images, "annotations": annotations, "categories": categories}
        (folder / "annotations.json").write_text(json.dumps(content))
    return tmp_path / "coco"


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small folder."""
    return DataConfig(root=root, image_size=32)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its network small."""
    return ["--data.root", str(root), "--data.image-size", "32", "--model.width", "8", "--model.levels", "1"]
