"""The images are what the network expects."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from project_name.data import DataConfig, load_datasets
from project_name.loaders import Datasets
from torch.utils.data import Subset
from torchvision.datasets import ImageFolder


def test_images_have_the_documented_shape(data_config: DataConfig) -> None:
    """An image is (3, size, size) float; classes are the folders, in alphabetical order."""
    datasets = load_datasets(data_config)
    image, label = datasets.val[0]
    assert image.shape == (3, 32, 32)
    assert image.dtype == torch.float32
    assert (label, datasets.sizes["num_classes"]) == (0, 2)


def test_a_missing_folder_is_named(data_config: DataConfig, tmp_path: Path) -> None:
    """Without images the message says which folder was expected."""
    with pytest.raises(SystemExit, match=r"There is no folder .*nowhere"):
        load_datasets(replace(data_config, root=tmp_path / "nowhere"))


def test_a_split_that_lacks_is_drawn(data_config: DataConfig, root: Path) -> None:
    """A tenth of each class's training images is for each of them, always the same, and no longer for training."""
    shutil.rmtree(root / "test")
    datasets = load_datasets(data_config)
    assert [len(samples) for samples in _samples(datasets)] == [44, 16, 4]
    again = load_datasets(replace(data_config, augmentation="none"))
    assert not indices(again.train) & indices(again.test)
    assert indices(again.test) == indices(datasets.test)


def test_without_splits_all_are_drawn(data_config: DataConfig, root: Path) -> None:
    """Folders of classes by themselves are split by the project, each class alike."""
    datasets = load_datasets(replace(data_config, root=root / "train"))
    train, val, test = _samples(datasets)
    assert [len(samples) for samples in (train, val, test)] == [40, 4, 4]
    assert sorted(val[index][1] for index in range(4)) == [0, 0, 1, 1]
    assert indices(train) | indices(val) | indices(test) == set(range(48))


def test_a_class_too_small_to_split_is_named(data_config: DataConfig, root: Path) -> None:
    """A class with fewer images than splits is told before training starts."""
    for path in sorted((root / "val/dark").iterdir())[2:]:
        path.unlink()
    with pytest.raises(SystemExit, match=r"too few images of 'dark' for train, val and test: 2"):
        load_datasets(replace(data_config, root=root / "val"))


def test_images_can_be_grey(data_config: DataConfig) -> None:
    """With one channel the network gets one."""
    datasets = load_datasets(replace(data_config, channels=1))
    assert (datasets.val[0][0].shape, datasets.sizes["channels"]) == ((1, 32, 32), 1)


def test_hidden_files_and_folders_are_no_images(data_config: DataConfig, root: Path) -> None:
    """What Jupyter, macOS and git leave among the images is neither a class nor a sample."""
    expected = [len(images.samples) for images in _splits(data_config)]
    for place in ("train/.ipynb_checkpoints", "val/dark/.ipynb_checkpoints"):
        (root / place).mkdir()
        (root / place / "0-checkpoint.png").write_bytes((root / "train/dark/0.png").read_bytes())
    for name in ("test/dark/._0.png", "test/dark/notes.txt", "test/.DS_Store"):
        (root / name).touch()
    datasets = load_datasets(data_config)
    assert datasets.sizes["num_classes"] == 2
    assert [len(images.samples) for images in _splits(data_config)] == expected == [48, 16, 16]


def test_a_class_without_images_is_named(data_config: DataConfig, root: Path) -> None:
    """A class's folder that is empty, or holds other files only, is told before training starts."""
    (root / "val/dark/notes.txt").touch()
    for path in (root / "val/dark").glob("*.png"):
        path.unlink()
    with pytest.raises(SystemExit) as stopped:
        load_datasets(data_config)
    assert str(stopped.value) == (
        f"Error: There is no image in '{root / 'val/dark'}'.\nHint:  Put some there, or remove it."
    )


def test_images_without_folders_of_classes_are_told(data_config: DataConfig, root: Path) -> None:
    """Images that lie in the split itself belong to no class."""
    for path in (root / "test").iterdir():
        path.rename(root / "test" / f".{path.name}")
    (root / "test/0.png").touch()
    with pytest.raises(SystemExit, match="has no folders of classes"):
        load_datasets(data_config)


def test_home_is_expanded(data_config: DataConfig, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in the path is the home folder, as in a shell."""
    monkeypatch.setenv("HOME", str(root.parent))
    datasets = load_datasets(replace(data_config, root=Path("~/images")))
    assert datasets.train[0][0].shape == (3, 32, 32)
    with pytest.raises(SystemExit, match="There is no folder '~nobody-of-this-name"):
        load_datasets(replace(data_config, root=Path("~nobody-of-this-name/images")))


@pytest.mark.parametrize("damage", [lambda image: image[:60], lambda _: b"", lambda image: b"GIF89a" + image])
def test_a_damaged_image_is_named(data_config: DataConfig, root: Path, damage: Callable[[bytes], bytes]) -> None:
    """A file that is no image, or half of one, is named by the error that ends the run."""
    path = root / "val/bright/0.png"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(OSError, match=f"'{re.escape(str(path))}' cannot be read as an image: "):
        _ = load_datasets(data_config).val[0]


def test_a_link_that_leads_nowhere_is_named(data_config: DataConfig, root: Path) -> None:
    """An image whose file is gone is not passed over in silence."""
    (root / "val/bright/0.png").unlink()
    (root / "val/bright/0.png").symlink_to(root / "gone.png")
    with pytest.raises(OSError, match=r"0\.png' cannot be read as an image: .*No such file"):
        _ = load_datasets(data_config).val[0]


def indices(samples: Any) -> set[int]:
    """Which images of a folder a drawn split has."""
    assert isinstance(samples, Subset)
    return set(samples.indices)


def _samples(datasets: Datasets) -> list[Any]:
    return [datasets.train, datasets.val, datasets.test]


def _splits(config: DataConfig) -> list[ImageFolder]:
    datasets = load_datasets(config)
    splits = [datasets.train, datasets.val, datasets.test]
    return [split for split in splits if isinstance(split, ImageFolder)]
