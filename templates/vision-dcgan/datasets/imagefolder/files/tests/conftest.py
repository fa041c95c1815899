"""A small folder of images, made here."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from project_name.data import DataConfig


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """100 images of noise around a colour, some of them in a folder below."""
    draw = torch.Generator().manual_seed(0)
    (tmp_path / "images" / "more").mkdir(parents=True)
    for number in range(100):
        colour = torch.randint(0, 200, (3,), generator=draw)
        pixels = (colour + torch.randint(0, 56, (20, 24, 3), generator=draw)).byte()
        folder = tmp_path / "images" / ("more" if number % 2 else "")
        Image.frombytes("RGB", (24, 20), pixels.numpy().tobytes()).save(folder / f"{number}.png")
    return tmp_path / "images"


@pytest.fixture
def data_config(root: Path) -> DataConfig:
    """The small folder."""
    return DataConfig(root=root, image_size=16)


@pytest.fixture
def data_flags(root: Path) -> list[str]:
    """Flags that lead a run to the small files, and make its networks small."""
    return ["--data.root", str(root), "--data.image-size", "16", "--model.width", "8"]
