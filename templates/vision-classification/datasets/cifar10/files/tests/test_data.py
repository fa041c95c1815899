"""The images are what the network expects."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project_name.data import DataConfig, load_datasets


def test_a_tenth_of_the_training_images_validates(data_config: DataConfig) -> None:
    """Of 200 training images 20 validate and none does both; the test images are those of the test file."""
    datasets = load_datasets(data_config)
    train, val = set(datasets.train.indices), set(datasets.val.indices)  # type: ignore[attr-defined]
    assert (len(train), len(val), len(datasets.test)) == (180, 20, 40)  # type: ignore[arg-type]
    assert not train & val


def test_images_have_the_documented_shape(data_config: DataConfig) -> None:
    """An image is (3, 32, 32) float, with a class below 10; only training images are augmented."""
    datasets = load_datasets(data_config)
    image, label = datasets.val[0]
    assert image.shape == (3, 32, 32)
    assert image.dtype == torch.float32
    assert 0 <= label < 10
    assert torch.equal(image, datasets.val[0][0])


def test_home_is_expanded(data_config: DataConfig, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in the path is the home folder, as in a shell."""
    monkeypatch.setenv("HOME", str(root.parent))
    assert load_datasets(replace(data_config, root=Path("~/data"))).val[0][0].shape == (3, 32, 32)
