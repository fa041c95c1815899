"""Images and annotations go together, or are told before training starts."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_inputs, read_splits, seen_through
from project_name.photos import WHOLE, View


def rewrite(root: Path, change: Callable[[Any], object], split: str = "val") -> None:
    """Changes the annotations of a split in place."""
    file = root / split / "annotations.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def told(config: DataConfig) -> str:
    """What is said of the images and annotations."""
    with pytest.raises(SystemExit) as stopped:
        load_datasets(config)
    return str(stopped.value)


def test_samples_have_the_documented_shape(data_config: DataConfig, root: Path) -> None:
    """An image is (3, size, size); classes are in the order of their numbers; boxes are where the image is bright."""
    datasets = load_datasets(data_config)
    assert datasets.info == {"classes": ["square", "bar"]}
    image, objects = datasets.val[1]
    assert image.shape == (3, 32, 32)
    assert objects.shape == (1, 5)
    left, top, right, bottom, label = objects[0].tolist()
    assert (right - left, bottom - top, label) == pytest.approx(
        (8, 16, 0)
    )  # of 80 x 40 pixels 20 x 20, scaled to 32 x 32
    inside = image[:, round(top) : round(bottom), round(left) : round(right)]
    assert inside.mean() > 0.6 > 0.3 > image[:, :, round(right) + 1 :].mean()
    assert datasets.val[0][1].tolist() == [[-1] * 5]
    assert read_inputs(root / "val/images/1.jpg", data_config, datasets.info)[0][1].equal(image)


def test_without_splits_they_are_drawn(data_config: DataConfig, root: Path) -> None:
    """Of the images of one file a tenth validates and a tenth tests, with the same classes."""
    splits = read_splits(root / "train")
    assert [len(splits[split].images) for split in ("train", "val", "test")] == [20, 2, 2]
    assert len({image.file for split in splits.values() for image in split.images}) == 24
    assert load_datasets(replace(data_config, root=root / "train")).info == {"classes": ["square", "bar"]}


def test_a_view_moves_and_cuts_boxes() -> None:
    """In the right half of an image a box is twice as wide; one whose middle is not there is not seen."""
    objects = torch.tensor([[0.4, 0.2, 0.8, 0.4, 1.0], [0.0, 0.0, 0.4, 1.0, 2.0]])
    assert torch.equal(seen_through(WHOLE, objects), objects)
    half = View((0.5, 0.0, 1.0, 1.0))
    assert torch.allclose(seen_through(half, objects), torch.tensor([[0.0, 0.2, 0.6, 0.4, 1.0]]))
    mirrored = View((0.5, 0.0, 1.0, 1.0), mirrored=True)
    assert torch.allclose(seen_through(mirrored, objects), torch.tensor([[0.4, 0.2, 1.0, 0.4, 1.0]]))


def test_training_sees_boxes_where_the_image_is_bright(data_config: DataConfig) -> None:
    """Under augmentation, too, what is in a box is brighter than the whole."""
    torch.manual_seed(0)
    datasets = load_datasets(replace(data_config, augmentation="light"))  # strong might darken it
    seen = [datasets.train[1] for _ in range(20)]
    boxes = [(image, *objects[0].round().int().tolist()) for image, objects in seen if objects[0, 4] >= 0]
    assert len({box[1] for box in boxes}) > 3
    for image, left, top, right, bottom, label in boxes:
        assert label == 0
        assert image[:, top:bottom, left:right].mean() > 0.5


def test_images_may_lie_beside_the_file(data_config: DataConfig, root: Path) -> None:
    """As some tools export them, under any name of the JSON file."""
    for path in (root / "test/images").iterdir():
        path.rename(root / "test" / path.name)
    (root / "test/annotations.json").rename(root / "test/_annotations.coco.json")
    assert load_datasets(data_config).test[0][0].shape == (3, 32, 32)


def test_crowds_are_left_out(data_config: DataConfig, root: Path) -> None:
    """A box of a crowd is no object."""
    rewrite(root, lambda content: content["annotations"][0].update(iscrowd=1))
    assert load_datasets(data_config).val[1][1].tolist() == [[-1] * 5]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda content: content.pop("images"), "has no list of images."),
        (lambda content: content["annotations"][0].pop("bbox"), "an entry lacks 'bbox'."),
        (lambda content: content["annotations"][0].update(image_id=9), "annotation 1 is of image 9, which is not"),
        (lambda content: content["annotations"][0].update(category_id=9), "annotation 1 has category 9, which is not"),
        (lambda content: content["annotations"][0].update(bbox=[1, 2, 0, 4]), "annotation 1 has the box [1, 2, 0, 4]"),
        (lambda content: content["annotations"][0].update(bbox=[90, 2, 3, 4]), "outside of its image of 80 x 40"),
        (lambda content: content["annotations"].clear(), "none of its 9 images has an object"),
        (
            lambda content: content["images"][0].update(file_name="gone.jpg"),
            "images/gone.jpg', which 'annotations.json",
        ),
        (lambda content: content["categories"].pop(0), "annotation 2 has category 7, which is not"),
        (lambda content: content["categories"][0].update(name="beam"), "The categories differ: ['square', 'bar'] in"),
    ],
)
def test_what_does_not_fit_together_is_told(
    data_config: DataConfig, root: Path, change: Callable[[Any], object], fault: str
) -> None:
    """In one sentence, before anything is trained."""
    rewrite(root, change)
    assert fault in told(data_config)
    assert told(data_config).startswith("Error: ")


def test_missing_and_unreadable_files_are_named(data_config: DataConfig, root: Path, tmp_path: Path) -> None:
    """A folder that is not there, no or two JSON files, and one that is no JSON."""
    assert f"There is no folder '{tmp_path / 'nowhere'}'." in told(replace(data_config, root=tmp_path / "nowhere"))
    (root / "val/more.json").write_text("[]")
    assert "should hold one JSON file of annotations and has annotations.json, more.json." in told(data_config)
    (root / "val/annotations.json").unlink()
    assert "has no list of images and none of annotations and none of categories." in told(data_config)
    (root / "val/more.json").write_text("{")
    assert "more.json' cannot be read as JSON" in told(data_config)
    (root / "val/more.json").unlink()
    assert "and has none." in told(data_config)


def test_home_is_expanded(data_config: DataConfig, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in the path is the home folder, as in a shell."""
    monkeypatch.setenv("HOME", str(root.parent))
    assert load_datasets(replace(data_config, root=Path("~/coco"))).val[0][0].shape == (3, 32, 32)
