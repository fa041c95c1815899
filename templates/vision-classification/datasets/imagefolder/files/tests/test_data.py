"""The images are what the network expects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project_name.data import DataConfig, load_datasets


def test_images_have_the_documented_shape(data_config: DataConfig) -> None:
    """An image is (3, size, size) float; classes are the folders, in alphabetical order."""
    datasets = load_datasets(data_config)
    image, label = datasets.val[0]
    assert image.shape == (3, 32, 32)
    assert image.dtype == torch.float32
    assert (label, datasets.sizes["num_classes"]) == (0, 2)


def test_a_missing_folder_is_named(data_config: DataConfig, tmp_path: Path) -> None:
    """Without the training images the message says which folder was expected."""
    with pytest.raises(SystemExit, match=r"There is no folder .*train"):
        load_datasets(replace(data_config, root=tmp_path / "nowhere"))
