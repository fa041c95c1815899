"""The images are what the networks expect, and what is no image is told."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from project_name.data import DataConfig, ImageFiles, load_datasets


def test_images_have_the_documented_shape_and_range(data_config: DataConfig) -> None:
    """Those of folders below count too; a tenth each validates and tests."""
    datasets = load_datasets(data_config)
    assert [len(split) for split in (datasets.train, datasets.val, datasets.test)] == [80, 10, 10]  # type: ignore[arg-type]
    noise, image = datasets.val[0]
    assert noise.shape == (100,)
    assert image.shape == (3, 16, 16)
    assert -1 <= image.min() < image.max() <= 1


def test_hidden_files_are_no_images(data_config: DataConfig, root: Path) -> None:
    """What Jupyter and macOS leave among them."""
    (root / ".ipynb_checkpoints").mkdir()
    for name in ("._1.png", ".ipynb_checkpoints/1-checkpoint.png", "notes.txt"):
        (root / name).write_bytes(b"")
    assert len(load_datasets(data_config).train) == 80  # type: ignore[arg-type]


def test_too_few_images_are_told(data_config: DataConfig, root: Path, tmp_path: Path) -> None:
    """And a folder that is not there."""
    for path in [*root.rglob("*.png")][:95]:
        path.unlink()
    with pytest.raises(SystemExit, match=r"has 5 images, where 10 are needed at least"):
        load_datasets(data_config)
    with pytest.raises(SystemExit, match=r"There is no folder '.*nowhere'"):
        load_datasets(replace(data_config, root=tmp_path / "nowhere"))


def test_a_damaged_image_is_named(root: Path) -> None:
    """By the error that ends the run."""
    path = root / "0.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(OSError, match=f"'{re.escape(str(path))}' cannot be read as an image: "):
        _ = ImageFiles([path], 16)[0]
