from __future__ import annotations

import pytest

from scaffold.errors import UsageError


def fill(data, **counts):
    """Images and masks of three classes for each split."""
    for split, count in ({"train": 4, "val": 2, "test": 2} | counts).items():
        data.pictures(f"{split}/images", count, (120, 100))
        for index in range(count):
            data.mask(f"{split}/masks/{index}.png", size=(120, 100))


def test_images_and_masks(data, look):
    """The classes are the values of the masks, and the size is that of the images."""
    fill(data)
    finding = look()
    assert (finding.template, finding.answers) == (
        "vision-segmentation",
        {"dataset": "image-masks", "data_path": str(data.root), "image_size": 96},
    )
    assert finding.seen == [
        "8 images with masks, split as they lie: train 4, val 2, test 2.",
        "3 classes by the masks' values, and in how many masks each is: 0 (8), 1 (8), 2 (8).",
        "All are 120 x 100 pixels; the project scales them to 96 x 96, in colour.",
    ]
    assert finding.problems == []


def test_what_is_wrong_with_masks_is_said(data, look):
    """Masks of another size or kind, masks and images that are alone, and leaks are told with numbers."""
    fill(data)
    data.mask("train/masks/0.png", size=(60, 50))
    data.mask("train/masks/1.png", size=(120, 100), mode="RGB")
    data.text("train/masks/2.png", b"none")
    data.picture("val/images/alone.png")
    data.mask("test/masks/lonely.png")
    data.copy("train/images/3.png", "test/images/1.png")
    assert look().problems == [
        "1 image without a mask of the same name: 'val/images/alone.png'.",
        "1 mask without an image of the same name: 'test/masks/lonely.png'.",
        "1 mask of another size than the image: 'train/masks/0.png'.",
        "1 mask of several channels: 'train/masks/1.png'.",
        "1 mask that cannot be read: 'train/masks/2.png'.",
        "1 image is in two splits, such as 'train/images/3.png' and 'test/images/1.png': "
        "what is measured was trained on.",
    ]


def test_pixels_that_do_not_count_are_no_class(data, look):
    """255 marks them, unless there is only 0 beside it."""
    fill(data)
    data.mask("train/masks/0.png", (0, 1, 255), (120, 100))
    assert list(look().classes) == ["0", "1", "2"]
    for split, count in (("train", 4), ("val", 2), ("test", 2)):
        for index in range(count):
            data.mask(f"{split}/masks/{index}.png", (0, 255), (120, 100))
    assert list(look().classes) == ["0", "255"]


def test_masks_are_numbers_in_png(data, look):
    """JPEG blurs classes; `classes.txt` gives them names."""
    fill(data)
    data.mask("train/masks/0.jpg", size=(120, 100))
    (data.root / "train/masks/0.png").unlink()
    data.text("classes.txt", "ground\nwall\n")
    finding = look()
    assert finding.problems == ["1 mask saved as JPEG, which blurs classes: 'train/masks/0.jpg'."]
    assert finding.classes == {"ground": 7, "wall": 7, "2": 7}


def test_without_splits_they_are_drawn(data, look):
    """Folders of images and masks beside each other are split by the project."""
    data.pictures("images", 5)
    for index in range(5):
        data.mask(f"masks/{index}.png")
    data.text("notes.txt", "x")
    assert look().seen[0] == ("5 images with masks, not split: the project draws a tenth for val and a tenth for test.")


def test_masks_of_other_names(data, look):
    """Images whose masks are called otherwise are no classes `images` and `masks`."""
    data.pictures("images", 3)
    for index in range(3):
        data.mask(f"masks/{index}_mask.png")
    with pytest.raises(UsageError) as caught:
        look()
    assert (caught.value.message, caught.value.hint) == (
        f"In '{data.root}' there are images/ and masks/, and no image with a mask of the same name.",
        "The mask of 'images/1.jpg' is 'masks/1.png'.",
    )


def test_one_split_is_not_enough(data, look):
    """Where only some of the splits are there, it is said which there should be."""
    data.pictures("train/images", 3)
    data.mask("train/masks/0.png")
    data.pictures("val/images", 1)
    data.mask("val/masks/0.png")
    with pytest.raises(UsageError) as caught:
        look()
    message = (
        f"'{data.root}' holds images/ and masks/ in train, val, and the project reads them in train/, val/ and test/."
    )
    assert (caught.value.message, caught.value.hint) == (message, "Make these three of them.")
