"""Images with masks: `vision-segmentation` with its own images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from .copies import find_copies
from .finding import Finding, Tick, class_counts, examples, given, leaks, many, refuse_layout
from .names import SPLITS, Names
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
        UsageError: they lie in an order that the project does not read.
    """
    parts = [part for part in ("", *names.children()) if {"images", "masks"} <= set(names.children(part))]
    if not parts:
        return None
    if not set(SPLITS) <= set(parts):
        shown = "images/ and masks/" if parts == [""] else f"images/ and masks/ in {', '.join(parts)}"
        hint = "Put some eight of ten images with their masks into train/, one into val/ and one into test/."
        raise refuse_layout(names.root, shown, "train/, val/ and test/, each with images/ and masks/", hint)
    pairs = {part: _pairs(names, part) for part in SPLITS}
    images = [image for part in SPLITS for image, _ in pairs[part]]
    looked = look(names.root, images, tick)
    if not looked.sizes:
        return None
    counts, problems = _look_at_masks(names.root, [pair for part in SPLITS for pair in pairs[part]], tick)
    size = fitting_size(looked.shorter_side, largest=LARGEST)
    shown = ", ".join(f"{part} {len(pairs[part]):,}" for part in SPLITS)
    split_of = {image: part for part in SPLITS for image, _ in pairs[part]}
    copies = find_copies(names.root, images, tick)
    return Finding(
        TEMPLATE,
        {"dataset": "image-masks", "data_path": str(names.root), "image_size": size},
        [
            f"{many(len(images), 'image')} with masks, split as they lie: {shown}.",
            f"{many(len(counts), 'class', 'classes')} by the masks' values, and in how many they are: "
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


def _pairs(names: Names, part: str) -> Pairs:
    masks = {PurePosixPath(name).stem: name for name in _images(names, f"{part}/masks")}
    images = _images(names, f"{part}/images")
    return [(name, masks[stem]) for name in images if (stem := PurePosixPath(name).stem) in masks]


def _images(names: Names, folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in names.folders.get(folder, ()) if is_image(name)]


def _alone(names: Names, pairs: Mapping[str, Pairs]) -> list[str]:
    """Problems with images that have no mask, and masks that have no image."""
    found: list[str] = []
    for kind, index, other in (("images", 0, "a mask"), ("masks", 1, "an image")):
        paired = {each[index] for part in SPLITS for each in pairs[part]}
        alone = [name for part in SPLITS for name in _images(names, f"{part}/{kind}") if name not in paired]
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
                if opened.mode not in ("1", "L", "P"):
                    kind = "of more than 255 values" if opened.mode in GREY else "of several channels"
                    faults.setdefault(kind, []).append(mask)
                    continue
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
    return {str(value): count for value, count in counted.items()}, problems


def _values(mask: Image.Image) -> list[int]:
    histogram = mask.convert("L").histogram() if mask.mode == "1" else mask.histogram()
    return [value for value, count in enumerate(histogram[:256]) if count]
