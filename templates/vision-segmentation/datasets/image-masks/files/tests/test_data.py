"""Images and masks go together, or are told before training starts."""

import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from project_name.data import DataConfig, find_splits, load_datasets, read_inputs


def save(path: Path, mask: np.ndarray) -> None:
    """Writes a mask."""
    Image.fromarray(mask).save(path)


def rewrite(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Changes all masks of a folder of splits."""
    for path in folder.glob("*/masks/*.png"):
        save(path, change(np.array(Image.open(path))))


def told(config: DataConfig) -> str:
    """What is said of the images and masks."""
    with pytest.raises(SystemExit) as stopped:
        load_datasets(config)
    return str(stopped.value)


def test_samples_have_the_documented_shape(data_config: DataConfig, root: Path) -> None:
    """An image is (3, size, size); its mask has the classes that occur, and 255 where nothing is said."""
    datasets = load_datasets(data_config)
    image, mask = datasets.val[0]
    assert image.shape == (3, 32, 32)
    assert mask.shape == (32, 32)
    assert set(mask.unique().tolist()) == {0, 1, 255}
    assert datasets.sizes == {"channels": 3, "num_classes": 2}
    assert read_inputs(root / "val/images/0.jpg", data_config, datasets.info)[0][1].equal(image)


def test_without_splits_they_are_drawn(data_config: DataConfig, root: Path) -> None:
    """Of images and masks by themselves a tenth validates and a tenth tests, no pair twice."""
    splits = find_splits(root / "train")
    assert [len(splits[split]) for split in ("train", "val", "test")] == [20, 2, 2]
    assert {mask.stem for split in splits.values() for _, mask in split} == {str(index) for index in range(24)}
    assert load_datasets(replace(data_config, root=root / "train")).sizes["num_classes"] == 2


def test_black_and_white_masks_have_two_classes(data_config: DataConfig, root: Path) -> None:
    """Where masks are 0 and 255 alone, 255 is what they show."""
    rewrite(root, lambda mask: (mask == 1).astype(np.uint8) * 255)
    datasets = load_datasets(data_config)
    assert datasets.info["classes"] == ["background", "foreground"]
    assert set(datasets.val[0][1].unique().tolist()) == {0, 1}


def test_values_that_occur_are_the_classes(data_config: DataConfig, root: Path) -> None:
    """Numbers with gaps between them become classes without gaps."""
    rewrite(root, lambda mask: np.where(mask == 1, 38, mask).astype(np.uint8))
    datasets = load_datasets(data_config)
    assert datasets.info["classes"] == ["0", "38"]
    assert set(datasets.val[0][1].unique().tolist()) == {0, 1, 255}


def test_a_file_names_the_classes(data_config: DataConfig, root: Path) -> None:
    """`classes.txt` gives names; a value that it does not name is told, and a class that is never shown."""
    (root / "classes.txt").write_text("ground\nsquare\n")
    assert load_datasets(data_config).info["classes"] == ["ground", "square"]
    (root / "classes.txt").write_text("ground\n")
    assert "names the classes 0 to 0, and masks have the value 1." in told(data_config)
    (root / "classes.txt").write_text("ground\nsquare\ncircle\n")
    assert told(data_config).startswith("Error: No mask of train/ has the class 'circle'.\n")


def test_a_mask_of_another_size_is_named(data_config: DataConfig, root: Path) -> None:
    """Both sizes are said."""
    save(root / "val/masks/3.png", np.zeros((50, 40), np.uint8))
    path = re.escape(str(root / "val/masks/3.png"))
    assert re.match(rf"Error: '{path}' is 40 x 50 pixels, and its image '3\.jpg' 50 x 40\.\n", told(data_config))


def test_a_coloured_mask_is_named(data_config: DataConfig, root: Path) -> None:
    """A mask of three channels has no class numbers."""
    save(root / "test/masks/2.png", np.zeros((40, 50, 3), np.uint8))
    assert "masks/2.png' should be a mask, one channel of class numbers" in told(data_config)


def test_an_image_without_a_mask_is_named(data_config: DataConfig, root: Path) -> None:
    """The message says where its mask should be."""
    (root / "train/masks/7.png").unlink()
    assert "have no mask: '7.jpg'" in told(data_config)
    assert "masks/7.png'" in told(data_config)


def test_a_missing_folder_is_named(data_config: DataConfig, tmp_path: Path) -> None:
    """Without images the message says which folder was expected."""
    assert f"There is no folder '{tmp_path / 'nowhere/train/images'}'" in told(
        replace(data_config, root=tmp_path / "nowhere")
    )


def test_home_is_expanded(data_config: DataConfig, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in the path is the home folder, as in a shell."""
    monkeypatch.setenv("HOME", str(root.parent))
    assert load_datasets(replace(data_config, root=Path("~/pairs"))).val[0][0].shape == (3, 32, 32)


def test_samples_can_go_to_other_processes(data_config: DataConfig) -> None:
    """Loaders send them to their own, which on some systems start from nothing."""
    val = load_datasets(data_config).val
    assert pickle.loads(pickle.dumps(val))[0][1].equal(val[0][1])
