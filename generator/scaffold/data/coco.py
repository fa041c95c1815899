"""Images with boxes in COCO's JSON: `vision-detection` with its own images."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import UsageError
from .copies import find_copies
from .finding import (
    Finding,
    Tick,
    be,
    class_counts,
    examples,
    given,
    leaks,
    many,
    refuse_layout,
    split_sentence,
    thin_classes,
)
from .names import SPLITS, Names, misnamed_splits
from .pictures import fitting_size, look, mixed_channels, unreadable_images

TEMPLATE = "vision-detection"
LARGEST = 256
MOST_BYTES = 256 * 1024 * 1024
"""Of a JSON file that is read; parsed it takes some ten times as much memory."""
LAYOUT = "one JSON file beside its images, or train/, val/ and test/ with one each"
HINT = "Put each split's JSON file and its images into a folder of its own."


@dataclass(frozen=True)
class Split:
    """A JSON file and the images that it names.

    Attributes:
        images: paths below the root of those that are there.
        missing: names of those that are not.
        boxes: how many each category has.
        faults: boxes with no part in their image, or of images or categories that are not listed.
    """

    images: Sequence[str]
    missing: Sequence[str]
    boxes: Mapping[str, int]
    faults: int


def find_coco(names: Names, tick: Tick) -> Finding | None:
    """What a folder with COCO's JSON is, or None if no JSON file in it is COCO's.

    Raises:
        UsageError: it lies in an order that the project does not read.
    """
    files = [name for name in names.below() if name.endswith(".json") and name.count("/") <= 2]
    of_coco = [name for name in files if looks_like_coco(names.root / name)]
    if not of_coco:
        return None
    places = {name: name.rpartition("/")[0] for name in of_coco}
    if sorted(places.values()) not in ([""], sorted(SPLITS)):
        hint = misnamed_splits(names) or HINT
        raise refuse_layout(names.root, f"COCO's JSON in {examples(of_coco)}", LAYOUT, hint)
    files_of = {place: name for name, place in places.items()}
    parts = [""] if len(of_coco) == 1 else SPLITS
    beside = [name for name in files if name not in places and name.rpartition("/")[0] in files_of]
    return _finding(names, {part: _read_split(names, files_of[part], tick) for part in parts}, beside, tick)


def _finding(names: Names, splits: Mapping[str, Split], beside: Sequence[str], tick: Tick) -> Finding:
    images = [image for split in splits.values() for image in split.images]
    if not images:
        missing = [name for split in splits.values() for name in split.missing]
        raise UsageError(
            f"None of the images that COCO's JSON in '{names.root}' names is there: {examples(missing)}.",
            "They should lie beside it, or in a folder images/ beside it.",
        )
    looked = look(names.root, images, tick)
    size = fitting_size(looked.shorter_side, largest=LARGEST)
    boxes: Counter[str] = Counter()
    for split in splits.values():
        boxes.update(split.boxes)
    counts = {name: boxes[name] for split in splits.values() for name in split.boxes}
    base = splits.get("train") or splits[""]
    number = f"{many(len(images), 'image')} with {many(sum(counts.values()), 'box', 'boxes')} in COCO's JSON"
    split_of = {image: part for part, split in splits.items() for image in split.images}
    copies = find_copies(names.root, images, tick)
    return Finding(
        TEMPLATE,
        {"dataset": "coco", "data_path": str(names.root), "image_size": size},
        [
            split_sentence(number, {part: len(split.images) for part, split in splits.items()}),
            f"{many(len(counts), 'class', 'classes')}, and the boxes of each: {class_counts(counts)}.",
            f"{looked.size_sentence()}; the project scales them to {size} x {size}, in colour.",
            *copies.notes,
        ],
        [
            *thin_classes(base.boxes, "box in train" if "train" in splits else "box"),
            *_split_problems(splits, list(base.boxes)),
            *given(beside, f"Beside COCO's JSON there is {examples(beside)}: a run wants one JSON file in a folder."),
            *unreadable_images(looked),
            *mixed_channels(looked),
            *leaks(copies.groups, split_of),
        ],
        counts,
    )


def looks_like_coco(path: Path) -> bool:
    """Whether the lists' names are near one of a file's ends: files may be large, and their order is free."""
    try:
        with path.open("rb") as file:
            head = file.read(65536)
            file.seek(max(path.stat().st_size - 65536, 0))
            ends = head + file.read(65536)
    except OSError:
        return False
    return head.lstrip()[:1] == b"{" and b'"images"' in ends and (b'"annotations"' in ends or b'"categories"' in ends)


def _read_split(names: Names, file: str, tick: Tick) -> Split:
    tick(f"'{file}'")
    path = names.root / file
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(
                f"'{path}' has more than {MOST_BYTES // 1024**2} MiB, too many to look into.",
                "Say `--template vision-detection --set dataset=coco --set data_path=FOLDER` without `--data`.",
            )
        return _fit_together(json.loads(path.read_bytes()), file, set(names.below(file.rpartition("/")[0])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"'{path}' cannot be read as COCO's JSON: {what}.", "Export it again.") from None


def _fit_together(content: Mapping[str, Sequence[Mapping[str, Any]]], file: str, there: Set[str]) -> Split:
    folder = PurePosixPath(file).parent
    images: dict[Any, str | None] = {}
    sizes: dict[Any, tuple[float, float]] = {}
    missing: list[str] = []
    for image in content["images"]:
        places = [str(folder / "images" / image["file_name"]), str(folder / image["file_name"])]
        images[image["id"]] = next((place for place in places if place in there), None)
        sizes[image["id"]] = float(image["width"]), float(image["height"])
        if images[image["id"]] is None:
            missing.append(places[1])
    labels = {category["id"]: str(category["name"]) for category in content["categories"]}
    boxes, faults = dict.fromkeys(labels.values(), 0), 0
    for annotation in content["annotations"]:
        is_crowd = bool(annotation.get("iscrowd"))  # those are left out by the project
        is_listed = annotation["image_id"] in images and annotation["category_id"] in labels
        if is_listed and (is_crowd or _is_within(annotation.get("bbox") or (), sizes[annotation["image_id"]])):
            boxes[labels[annotation["category_id"]]] += not is_crowd
        else:
            faults += 1
    return Split([image for image in images.values() if image], missing, boxes, faults)


def _is_within(box: Sequence[float], size: tuple[float, float]) -> bool:
    """Whether a part of a box, left, top, width and height, is in an image."""
    if len(box) != 4 or min(box[2:]) <= 0:
        return False
    return all(
        start < whole and start + extent > 0 for start, extent, whole in zip(box[:2], box[2:], size, strict=True)
    )


def _split_problems(splits: Mapping[str, Split], categories: Sequence[str]) -> list[str]:
    found: list[str] = []
    for part, split in splits.items():
        file = f"{part}'s JSON" if part else "the JSON"
        missing = f"{many(len(split.missing), 'image')} that {file} names {be(split.missing)} not there"
        found += given(split.missing, f"{missing}: {examples(split.missing)}.")
        faults = f"{many(split.faults, 'box', 'boxes')} in {file} with no part in their image, or of an unlisted"
        found += given(split.faults, f"{faults} image or category: a run refuses them.")
        differ = list(split.boxes) != categories
        found += given(differ, f"The categories of train and {part} differ: a run wants the same.")
        found += given(not sum(split.boxes.values()), f"There is no box in {file}.")
    return found
