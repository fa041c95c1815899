"""The picture of mistakes is drawn for any number of classes."""

from pathlib import Path

import pytest
import torch
from project_name.confusion import draw_confusion


@pytest.mark.parametrize("num_classes", [2, 30])
def test_there_is_a_picture(num_classes: int, tmp_path: Path) -> None:
    """Also where a class has no sample, and where numbers would have no room."""
    labels = torch.arange(num_classes - 1)
    draw_confusion(tmp_path / "confusion.png", labels + 1, labels, [f"class {index}" for index in range(num_classes)])
    assert (tmp_path / "confusion.png").read_bytes()[:4] == b"\x89PNG"
