from __future__ import annotations

import pytest

from scaffold.errors import UsageError


def test_classes_with_splits(data, look):
    """Folders of classes in train, val and test: the split as it lies, the size and channels of the images."""
    for split, count in (("train", 8), ("val", 3), ("test", 2)):
        data.pictures(f"{split}/bright", count)
        data.pictures(f"{split}/dark", count)
    finding = look()
    assert (finding.template, finding.answers) == (
        "vision-classification",
        {"dataset": "imagefolder", "data_path": str(data.root), "image_size": 32, "channels": "3"},
    )
    assert finding.seen == [
        "26 images of 2 classes: bright (13), dark (13).",
        "Split as it lies: train 16, val 6, test 4.",
        "All are 40 x 32 pixels; the project scales them to 32 x 32, in colour.",
    ]
    assert (finding.problems, finding.classes) == ([], {"bright": 13, "dark": 13})


def test_classes_without_splits(data, look):
    """Without splits the project draws them, which is said; grey images are read as grey."""
    data.pictures("a", 9, (100, 200), "L")
    data.pictures("b", 3, (300, 90), "L")
    finding = look()
    assert (finding.answers["image_size"], finding.answers["channels"]) == (96, "1")
    assert finding.answers["metrics"] == ["balanced-accuracy"]
    assert finding.seen[1:] == [
        "There are no folders train, val and test: the project draws a tenth of each class for val and for test.",
        "They are from 100 x 200 to 300 x 90 pixels; the project scales them to 96 x 96, in grey.",
        "The largest class has 3 times the images of the smallest: balanced accuracy is measured too.",
    ]
    assert finding.problems == []


def test_a_split_that_lacks_is_drawn(data, look):
    """With train and val only, test is drawn from train."""
    for split in ("train", "val"):
        data.pictures(f"{split}/a", 4)
        data.pictures(f"{split}/b", 4)
    assert look().seen[1] == "Split as it lies: train 8, val 8; the project draws a tenth of train for test."


@pytest.mark.parametrize("folder", ["test", "test/unknown"])
def test_a_split_without_classes_is_told(data, look, folder):
    """Images of test without their classes, as competitions give them, leave those of train what they are."""
    for name in "ab":
        data.pictures(f"train/{name}", 4)
    data.pictures(folder, 12)
    finding = look()
    assert (finding.template, finding.classes) == ("vision-classification", {"a": 4, "b": 4})
    (problem,) = finding.problems
    assert problem.startswith("The classes of train and test differ by 'a', 'b'")


def test_images_that_cannot_be_read_are_told(data, look):
    """Where none can be read the data are refused, whatever they are for."""
    for name in ("a/0.png", "b/0.png"):
        data.text(name, "none")
    for name in ("", "a"):
        with pytest.raises(UsageError, match=r"None of the images in .* can be read: "):
            look(name)


def test_what_is_wrong_is_said_with_numbers(data, look):
    """Empty and thin classes, files that are cut off, mixed channels and copies are told before training."""
    data.pictures("cat", 6)
    data.pictures("dog", 3, mode="L")
    data.pictures("fox", 1, mode="RGBA")
    (data.root / "elk").mkdir()
    data.text("cat/cut.png", (data.root / "cat/0.png").read_bytes()[:2000])
    data.text("cat/none.jpg", b"")
    data.text("cat/0.gif", b"GIF89a")
    data.copy("cat/1.png", "cat/1 copy.png")
    data.copy("cat/2.png", "dog/2 too.png")
    assert look().problems == [
        "Class 'elk' has no image.",
        "Class 'fox' has fewer than 3 images: too few to train and to test.",
        "2 files cannot be read as images: 'cat/cut.png', 'cat/none.jpg'. Such a file ends a run that comes to it.",
        "Channels are mixed: 3 of 12 images that were looked at are grey. All are read as colour (RGB).",
        "1 of 12 images looked at with transparency, which is dropped.",
        "1 image is in two classes, such as 'cat/2.png' and 'dog/2 too.png'.",
        "2 images are copies of others, such as 'cat/1 copy.png' and 'cat/1.png': "
        "a drawn split may have both sides of them.",
        "Files that the project does not read are passed over: 1 .gif. Save them as PNG or JPEG.",
    ]


def test_an_image_in_two_splits_is_told(data, look):
    """What is tested and was trained on is found by its content, whatever it is called."""
    for split in ("train", "val", "test"):
        data.pictures(f"{split}/a", 3)
        data.pictures(f"{split}/b", 3)
    data.copy("train/a/0.png", "test/a/again.png")
    (data.root / "val/c").mkdir()
    assert sorted(look().problems) == [
        "1 image is in two splits, such as 'train/a/0.png' and 'test/a/again.png': what is measured was trained on.",
        "In val there is no image of 'c'.",
        "The classes of train and val differ by 'c': a run wants the same.",
    ]


def test_hidden_names_and_links_back_do_no_harm(data, look):
    """What systems leave is no class and no image; a link that leads back is followed once."""
    data.pictures("a", 3)
    data.pictures("b", 3)
    data.pictures(".ipynb_checkpoints", 2)
    data.text("a/._0.png", "x")
    (data.root / "b/back").symlink_to(data.root)
    finding = look()
    assert (finding.classes, finding.problems) == ({"a": 3, "b": 3}, [])


def test_an_archive_in_its_own_folder(data, look):
    """`photos/photos/cat/1.png`, as archives unpack, is what lies in the inner folder."""
    data.pictures("photos/a", 3)
    data.pictures("photos/b", 3)
    assert look().answers["data_path"] == str(data.root / "photos")


def test_splits_of_other_names(data, look):
    """Folders that the project does not read as splits are named, with what to call them."""
    for split in ("train", "valid", "test"):
        data.pictures(f"{split}/a", 2)
        data.pictures(f"{split}/b", 2)
    with pytest.raises(UsageError) as caught:
        look()
    assert (
        caught.value.message
        == f"'{data.root}' has the folders test, train, valid; the project reads train, val and test."
    )
    assert caught.value.hint == "Rename 'valid' to 'val'."


def test_of_many_images_a_sample_is_opened(data, look, monkeypatch):
    """All names are counted, some files are opened and compared, and that is said."""
    monkeypatch.setattr("scaffold.data.pictures.NUM_LOOKED", 4)
    monkeypatch.setattr("scaffold.data.copies.MOST_FILES", 10)
    data.pictures("a", 12)
    data.pictures("b", 12)
    finding = look()
    assert finding.classes == {"a": 12, "b": 12}
    assert (
        "All of 4 that were looked at are 40 x 32 pixels; the project scales them to 32 x 32, in colour."
        in finding.seen
    )
    assert finding.seen[-1] == "Copies were looked for among 10 of the 24 files."


def test_names_of_many_classes(data, look):
    """Of many classes some are named, and the smallest and the largest."""
    for index in range(10):
        data.pictures(f"c{index}", 3 + (index == 7))
    assert look().seen[0] == "31 images of 10 classes: c0, c1, c2 and 7 more, from c0 with 3 to c7 with 4."
