from __future__ import annotations

import pytest

from scaffold.errors import UsageError


def fill(data):
    """Images with boxes of two classes for each split."""
    for split, count in (("train", 6), ("val", 2), ("test", 2)):
        data.coco(split, count)


def test_coco(data, look):
    """Boxes are counted by class, images by split."""
    fill(data)
    finding = look()
    assert (finding.template, finding.answers) == (
        "vision-detection",
        {"dataset": "coco", "data_path": str(data.root), "image_size": 48},
    )
    assert finding.seen == [
        "10 images with 10 boxes in COCO's JSON, split as they lie: train 6, val 2, test 2.",
        "2 classes, and the boxes of each: cat (5), dog (5).",
        "All are 64 x 48 pixels; the project scales them to 48 x 48, in colour.",
    ]
    assert finding.problems == []


def test_what_is_wrong_is_said(data, look):
    """Images that are missing, boxes without extent, categories that differ and images in two splits are told."""
    fill(data)
    data.coco("val", 2, names=("cat", "dog", "fox"))
    boxes = [
        {"image_id": 0, "category_id": 1, "bbox": [0, 0, 0, 5]},
        {"image_id": 0, "category_id": 1, "bbox": [0, 48, 5, 5]},
        {"image_id": 1, "category_id": 1, "bbox": [-5, 0, 5, 5]},
        {"image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5]},
        {"image_id": 0, "category_id": 1},
    ]
    data.coco("test", 2, annotations=boxes)
    data.text("test/info.json", "{}")
    (data.root / "train/3.png").unlink()
    data.copy("train/0.png", "test/1.png")
    assert look().problems == [
        "1 image that train's JSON names is not there: 'train/3.png'.",
        "The categories of train and val differ: a run wants the same.",
        "5 boxes in test's JSON with no part in their image, or of an unlisted image or category: a run refuses them.",
        "There is no box in test's JSON.",
        "Beside COCO's JSON there is 'test/info.json': a run wants one JSON file in a folder.",
        "1 image is in two splits, such as 'train/0.png' and 'test/1.png': what is measured was trained on.",
    ]


@pytest.mark.parametrize("name", ["", "annotations.json"])
def test_one_file(data, look, name):
    """A file beside its images, or the folder with both, is split by the project."""
    data.coco(".", 6)
    data.copy("0.png", "5.png")
    finding = look(name)
    assert finding.answers["data_path"] == str(data.root)
    assert finding.seen[0] == (
        "6 images with 6 boxes in COCO's JSON, not split: the project draws a tenth for val and a tenth for test."
    )
    assert finding.problems == [
        "1 image is a copy of others, such as '0.png' and '5.png': a drawn split may have both sides of them."
    ]


def test_another_order_is_told(data, look):
    """COCO's JSON in other folders is recognised, and the order that is needed is told."""
    data.coco("images", 2)
    data.coco("train2017", 2)
    with pytest.raises(UsageError) as caught:
        look()
    assert caught.value.message == (
        f"'{data.root}' holds COCO's JSON in 'images/annotations.json', 'train2017/annotations.json', and the project "
        "reads one JSON file beside its images, or train/, val/ and test/ with one each."
    )
    assert caught.value.hint == "Put each split's JSON file and its images into a folder of its own."
    for split in ("train", "valid", "test"):
        data.coco(f"roboflow/{split}", 2)
    with pytest.raises(UsageError) as caught:
        look("roboflow")
    assert caught.value.hint == "Rename 'valid' to 'val'."


def test_a_broken_file_is_told(data, look):
    """JSON that lacks a list, or an entry of it, is one sentence."""
    fill(data)
    data.coco("val", 2, categories=[{"id": 1}])
    with pytest.raises(UsageError) as caught:
        look()
    assert (
        caught.value.message
        == f"'{data.root / 'val/annotations.json'}' cannot be read as COCO's JSON: 'name' is missing."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"images": [{"id": 0, "file_name": 5, "width": 64, "height": 48}]},
        {"images": [{"id": 0, "file_name": "0.png"}]},
        {"images": [{"id": [0], "file_name": "0.png", "width": 64, "height": 48}]},
        {"images": {"id": 0}},
        {"annotations": ["box"]},
        {"annotations": [{"image_id": 0, "category_id": 1, "bbox": ["a", 0, 5, 5]}]},
        {"annotations": [{"image_id": 0, "category_id": {}, "bbox": [0, 0, 5, 5]}]},
        {"categories": None},
    ],
)
def test_entries_of_another_kind_are_told(data, look, changes):
    """Whatever stands where a name, a number or a list should, it is one sentence that names the file."""
    data.coco(".", 2, **changes)
    with pytest.raises(UsageError, match=r"annotations.json' cannot be read as COCO's JSON: "):
        look()


def test_images_that_are_all_missing(data, look):
    """JSON by itself is told where its images should be."""
    data.coco(".", 2)
    for image in data.root.glob("*.png"):
        image.unlink()
    with pytest.raises(UsageError) as caught:
        look()
    assert caught.value.message == (
        f"None of the images that COCO's JSON in '{data.root}' names is there: '0.png', '1.png'."
    )
