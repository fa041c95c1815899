"""The files are read as their format says, and what is missing is told."""

from pathlib import Path

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_idx


def test_each_training_image_is_in_one_split(data_config: DataConfig) -> None:
    """Nine tenths train, one tenth validates, and none does both."""
    datasets = load_datasets(data_config)
    train, val = datasets.train.indices, datasets.val.indices  # type: ignore[attr-defined]
    assert (len(train), len(val)) == (54, 6)
    assert sorted([*train, *val]) == list(range(60))


def test_images_have_the_documented_shape_and_range(data_config: DataConfig) -> None:
    """An image is (1, height, width), between 0 and 1; the bright class is the one with label 1."""
    for image, label in (load_datasets(data_config).test[index] for index in range(20)):
        assert image.shape == (1, 12, 10)
        assert image.dtype == torch.float32
        assert 0 <= image.min() <= image.max() <= 1
        assert (image.mean() > 0.5) == bool(label)


@pytest.mark.parametrize("content", [b"", b"\0\0\x08\x01\0\0\0\x05abc", b"not an idx file", b"\0\0\x0d\x01\0\0\0\0"])
def test_a_file_that_is_no_idx_file_is_named(tmp_path: Path, content: bytes) -> None:
    """Empty, cut short, of other bytes, of another type: one sentence with its name."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SystemExit, match=str(tmp_path / "x")):
        read_idx(tmp_path / "x")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The sentence says which flag leads to the files."""
    with pytest.raises(SystemExit, match=r"--data\.root"):
        load_datasets(DataConfig(root=tmp_path))
