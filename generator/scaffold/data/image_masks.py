"""Images with masks: `vision-segmentation` with its own images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from ..errors import UsageError
from .copies import find_copies
from .finding import Finding, Tick, class_counts, examples, given, leaks, many, refuse_layout, split_sentence
from .names import SPLITS, Names, misnamed_splits
from .pictures import GREY, UNREADABLE, fitting_size, is_image, look, mixed_channels, spread, unreadable_images

TEMPLATE = "vision-segmentation"
LARGEST = 128
NUM_MASKS = 200
"""Masks that are decoded, spread evenly over all of them."""
IGNORED = 255
"""The value of pixels that do not count, by the convention of VOC."""

Pairs = Sequence[tuple[str, str]]
"""An image and its mask, as paths below the root."""


def find_image_masks(names: Names, tick: Tick) -> Finding | None:
    """What folders `images/` and `masks/` are, or None if there are none.

    Raises:
        UsageError: they lie in an order that the project does not read, or no image has a mask.
    """
    pairs = _splits(names)
    if not pairs:
        return None
    images = [image for part in pairs.values() for image, _ in part]
    if not images:
        raise UsageError(
            f"In '{names.root}' there are images/ and masks/, and no image with a mask of the same name.",
            "The mask of 'images/1.jpg' is 'masks/1.png'.",
        )
    looked = look(names.root, images, tick)
    counts, problems = _look_at_masks(names.root, [pair for part in pairs.values() for pair in part], tick)
    size = fitting_size(looked.shorter_side, largest=LARGEST)
    split_of = {image: name for name, part in pairs.items() for image, _ in part}
    copies = find_copies(names.root, images, tick)
    number = f"{many(len(images), 'image')} with masks"
    return Finding(
        TEMPLATE,
        {"dataset": "image-masks", "data_path": str(names.root), "image_size": size},
        [
            split_sentence(number, {name: len(part) for name, part in pairs.items()}),
            f"{many(len(counts), 'class', 'classes')} by the masks' values, and in how many masks each is: "
            f"{class_counts(counts)}.",
            f"{looked.size_sentence()}; the project scales them to {size} x {size}, in colour.",
            *copies.notes,
        ],
        [
            *_alone(names, pairs),
            *problems,
            *unreadable_images(looked),
            *mixed_channels(looked),
            *leaks(copies.groups, split_of),
        ],
        counts,
    )


def _splits(names: Names) -> Mapping[str, Pairs]:
    """Images with their masks by split; all in "" where the project draws the splits, and none where there are none."""
    parts = [part for part in ("", *names.children()) if {"images", "masks"} <= set(names.children(part))]
    splits = SPLITS if "train" in names.children() else ("",)
    if set(splits) <= set(parts):
        return {part: _pairs(names, part) for part in splits}
    if parts:
        shown = f"images/ and masks/ in {', '.join(parts)}"
        hint = misnamed_splits(names) or "Make these three of them."
        raise refuse_layout(names.root, shown, "them in train/, val/ and test/", hint)
    return {}


def _pairs(names: Names, part: str) -> Pairs:
    masks = {PurePosixPath(name).stem: name for name in _images(names, part, "masks")}
    images = _images(names, part, "images")
    return [(name, masks[stem]) for name in images if (stem := PurePosixPath(name).stem) in masks]


def _images(names: Names, part: str, kind: str) -> list[str]:
    folder = f"{part}/{kind}" if part else kind
    return [f"{folder}/{name}" for name in names.folders.get(folder, ()) if is_image(name)]


def _alone(names: Names, pairs: Mapping[str, Pairs]) -> list[str]:
    """Problems with images that have no mask, and masks that have no image."""
    found: list[str] = []
    for kind, index, other in (("images", 0, "a mask"), ("masks", 1, "an image")):
        paired = {each[index] for part in pairs.values() for each in part}
        alone = [name for part in pairs for name in _images(names, part, kind) if name not in paired]
        found += given(alone, f"{many(len(alone), kind[:-1])} without {other} of the same name: {examples(alone)}.")
    return found


def _look_at_masks(root: Path, pairs: Pairs, tick: Tick) -> tuple[dict[str, int], list[str]]:
    """In how many of the masks that were looked at each value is, and what is wrong with masks."""
    by_mask = {mask: image for image, mask in pairs}
    chosen = spread(list(by_mask), NUM_MASKS)
    values: Counter[int] = Counter()
    faults: dict[str, list[str]] = {}
    for number, mask in enumerate(chosen):
        tick(f"{number:,} of {len(chosen):,} masks")
        try:
            with Image.open(root / mask) as opened, Image.open(root / by_mask[mask]) as image:
                if opened.size != image.size:
                    faults.setdefault("of another size than the image", []).append(mask)
                if fault := _fault(opened, mask):
                    faults.setdefault(fault, []).append(mask)
                else:
                    values.update(_values(opened))
        except UNREADABLE:
            faults.setdefault("that cannot be read", []).append(mask)
    sample = "" if len(chosen) == len(by_mask) else f" of {len(chosen):,} that were looked at"
    problems = [f"{many(len(found), 'mask')} {fault}{sample}: {examples(found)}." for fault, found in faults.items()]
    counted = {
        value: count for value, count in sorted(values.items()) if value != IGNORED or set(values) <= {0, IGNORED}
    }
    if len(counted) < 2:
        problems.append(f"All masks have one class, {next(iter(counted), 'none')}: there is nothing to tell apart.")
    class_names = _class_names(root)
    return {class_names.get(value, str(value)): count for value, count in counted.items()}, problems


def _fault(mask: Image.Image, name: str) -> str | None:
    """What keeps a mask's values from being classes."""
    if mask.mode not in ("1", "L", "P"):
        return "of more than 255 values" if mask.mode in GREY else "of several channels"
    return "saved as JPEG, which blurs classes" if name.lower().endswith((".jpg", ".jpeg")) else None


def _class_names(root: Path) -> dict[int, str]:
    """The names that `classes.txt` gives to values, if it is there."""
    try:
        lines = (root / "classes.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(enumerate(line.strip() for line in lines if line.strip()))


def _values(mask: Image.Image) -> list[int]:
    histogram = mask.convert("L").histogram() if mask.mode == "1" else mask.histogram()
    return [value for value, count in enumerate(histogram[:256]) if count]
