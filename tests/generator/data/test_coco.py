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
        {"image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5]},
    ]
    data.coco("test", 2, annotations=boxes)
    (data.root / "train/3.png").unlink()
    data.copy("train/0.png", "test/1.png")
    assert look().problems == [
        "1 image that train's JSON names is not there: 'train/3.png'.",
        "The categories of train and val differ: a run wants the same.",
        "2 boxes in test's JSON without extent, or of an image or category not listed: a run refuses them.",
        "There is no box in test's JSON.",
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
