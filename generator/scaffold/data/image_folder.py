"""A folder of images per class: `vision-classification` with its own images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UsageError
from .copies import find_copies
from .finding import Finding, Tick, be, class_counts, examples, given, leaks, many, pair, thin_classes, unevenness
from .names import SPLITS, Names, misnamed_splits
from .pictures import Looked, fitting_size, is_image, look, mixed_channels, other_images, unreadable_images

TEMPLATE = "vision-classification"
LARGEST = 128
"""Pixels of a side: larger images take four times as long for each doubling, which is left to who wants it."""
UNEVEN = 3.0
"""From this ratio of the largest class to the smallest, accuracy alone hides what happens to the small ones."""

Splits = Mapping[str, Mapping[str, Sequence[str]]]
"""By split (all in "" where there are none) and class the images' paths below the root."""


def find_image_folder(names: Names, tick: Tick) -> Finding | None:
    """What a folder of folders of images is, or None if it is none.

    Raises:
        UsageError: it is one that the project cannot read as it lies.
    """
    splits = _splits(names)
    if splits is None:
        return None
    images = [image for split in splits.values() for paths in split.values() for image in paths]
    looked = look(names.root, images, tick)
    classes = {name: sum(len(split.get(name, ())) for split in splits.values()) for name in _base(splits)}
    answers: dict[str, Any] = {
        "dataset": "imagefolder",
        "data_path": str(names.root),
        "image_size": fitting_size(looked.shorter_side, largest=LARGEST),
        "channels": str(looked.channels),
    }
    if unevenness(classes) >= UNEVEN:
        answers["metrics"] = ["balanced-accuracy"]
    copies = find_copies(names.root, images, tick)
    problems = [
        *_class_problems(splits),
        *unreadable_images(looked),
        *mixed_channels(looked),
        *_copy_problems(splits, copies.groups),
        *other_images(names),
    ]
    return Finding(TEMPLATE, answers, [*_seen(splits, classes, looked, answers), *copies.notes], problems, classes)


def _splits(names: Names) -> Splits | None:
    """The images by split and class; None if those to train on are not of two classes, or the lesser part there.

    Raises:
        UsageError: the folders of the splits are called otherwise.
    """
    children = names.children()
    if hint := misnamed_splits(names):
        shown = ", ".join(children)
        raise UsageError(f"'{names.root}' has the folders {shown}; the project reads train, val and test.", hint)
    parts = [name for name in SPLITS if name in children] if "train" in children else [""]
    splits = {part: _classes(names, part) for part in parts}
    num_images = [len(paths) for paths in _base(splits).values()]
    num_files = sum(1 for _ in names.below(parts[0]))
    return splits if sum(map(bool, num_images)) >= 2 and sum(num_images) >= num_files / 2 else None


def _classes(names: Names, split: str) -> dict[str, list[str]]:
    before = f"{split}/" if split else ""
    return {name: [path for path in names.below(before + name) if is_image(path)] for name in names.children(split)}


def _base(splits: Splits) -> Mapping[str, Sequence[str]]:
    """The images from which splits that lack are drawn."""
    return splits["train"] if "train" in splits else splits[""]


def _seen(splits: Splits, classes: Mapping[str, int], looked: Looked, answers: Mapping[str, Any]) -> list[str]:
    size, pixels = answers["image_size"], "grey" if looked.channels == 1 else "colour"
    ratio = f"{unevenness(classes):.0f} times the images of the smallest"
    return [
        f"{many(looked.num_images, 'image')} of {many(len(classes), 'class', 'classes')}: {class_counts(classes)}.",
        _split_sentence(splits),
        f"{looked.size_sentence()}; the project scales them to {size} x {size}, in {pixels}.",
        *given("metrics" in answers, f"The largest class has {ratio}: balanced accuracy is measured too."),
    ]


def _split_sentence(splits: Splits) -> str:
    if "" in splits:
        return "There are no folders train, val and test: the project draws a tenth of each class for val and for test."
    shown = ", ".join(f"{name} {sum(map(len, split.values())):,}" for name, split in splits.items())
    lacking = " and for ".join(name for name in ("val", "test") if name not in splits)
    return f"Split as it lies: {shown}{f'; the project draws a tenth of train for {lacking}' if lacking else ''}."


def _class_problems(splits: Splits) -> list[str]:
    base = _base(splits)
    num_drawn = sum(name not in splits for name in ("val", "test"))  # each of these needs an image of each class
    counts = {name: len(paths) for name, paths in base.items()}
    found = thin_classes(counts, "image", least=max(num_drawn + 1, 2))
    for part in (name for name in splits if name not in ("train", "")):
        strange = sorted(set(splits[part]) ^ set(base))
        empty = [name for name, paths in splits[part].items() if not paths]
        found += given(strange, f"The classes of train and {part} differ by {examples(strange)}: a run wants the same.")
        found += given(empty, f"In {part} there is no image of {examples(empty)}.")
    return found


def _copy_problems(splits: Splits, groups: Sequence[Sequence[str]]) -> list[str]:
    """Problems with images that are there twice: in two splits, in two classes, or to be drawn into two splits."""
    split_of = {image: part for part, split in splits.items() for paths in split.values() for image in paths}
    class_of = {image: name for split in splits.values() for name, paths in split.items() for image in paths}
    doubted = [group for group in groups if len({class_of[image] for image in group}) > 1]
    number = f"{many(len(doubted), 'image')} {be(doubted)}"
    return [*given(doubted, f"{number} in two classes, such as {pair(doubted)}."), *leaks(groups, split_of)]
