"""Images with boxes in COCO's JSON: `vision-detection` with its own images."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

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
LISTS = ("images", "annotations", "categories")
LAYOUT = "one JSON file beside its images, or train/, val/ and test/ with one each"
HINT = "Put each split's JSON file and its images into a folder of its own."


@dataclass(frozen=True)
class Split:
    """A JSON file and the images that it names.

    Attributes:
        images: paths below the root of those that are there.
        missing: names of those that are not.
        boxes: how many each category has.
        faults: boxes without extent, or of images or categories that are not listed.
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
    places = {name: "" if "/" not in name else name.rpartition("/")[0] for name in of_coco}
    if sorted(places.values()) not in ([""], sorted(SPLITS)):
        hint = misnamed_splits(names) or HINT
        raise refuse_layout(names.root, f"COCO's JSON in {examples(of_coco)}", LAYOUT, hint)
    files_of = {place: name for name, place in places.items()}
    parts = [""] if len(of_coco) == 1 else SPLITS
    return _finding(names, {part: _read_split(names, files_of[part], tick) for part in parts}, tick)


def _finding(names: Names, splits: Mapping[str, Split], tick: Tick) -> Finding | None:
    images = [image for split in splits.values() for image in split.images]
    looked = look(names.root, images, tick)
    if not looked.sizes:
        missing = [name for split in splits.values() for name in split.missing]
        raise UsageError(
            f"None of the images that COCO's JSON in '{names.root}' names can be read: {examples(missing or images)}.",
            "They should lie beside it, or in a folder images/ beside it.",
        )
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
    content = _read_lists(names.root / file)
    folder = PurePosixPath(file).parent
    there = set(names.below(file.rpartition("/")[0]))
    images: dict[Any, str | None] = {}
    missing: list[str] = []
    for image in content["images"]:
        places = [str(folder / "images" / image["file_name"]), str(folder / image["file_name"])]
        images[image["id"]] = next((place for place in places if place in there), None)
        if images[image["id"]] is None:
            missing.append(places[1])
    labels = {category["id"]: str(category["name"]) for category in content["categories"]}
    boxes, faults = dict.fromkeys(labels.values(), 0), 0
    for annotation in content["annotations"]:
        box, is_crowd = annotation.get("bbox", ()), bool(annotation.get("iscrowd"))
        is_listed = annotation["image_id"] in images and annotation["category_id"] in labels
        if is_listed and (is_crowd or (len(box) == 4 and min(box[2:]) > 0)):
            boxes[labels[annotation["category_id"]]] += not is_crowd  # those are left out by the project
        else:
            faults += 1
    return Split([image for image in images.values() if image], missing, boxes, faults)


def _read_lists(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(
                f"'{path}' has more than {MOST_BYTES // 1024**2} MiB, too many to look into.",
                "Say `--template vision-detection --set dataset=coco --set data_path=FOLDER` without `--data`.",
            )
        content: Any = json.loads(path.read_bytes())
        lists = {name: content[name] for name in LISTS}
        images, annotations, categories = (lists[name] for name in LISTS)
        [(image["id"], image["file_name"]) for image in images]
        [(each["image_id"], each["category_id"]) for each in annotations]
        [(category["id"], category["name"]) for category in categories]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"'{path}' cannot be read as COCO's JSON: {what}.", "Export it again.") from None
    return cast("dict[str, list[dict[str, Any]]]", lists)


def _split_problems(splits: Mapping[str, Split], categories: Sequence[str]) -> list[str]:
    found: list[str] = []
    for part, split in splits.items():
        file = f"{part}'s JSON" if part else "the JSON"
        missing = f"{many(len(split.missing), 'image')} that {file} names {be(split.missing)} not there"
        found += given(split.missing, f"{missing}: {examples(split.missing)}.")
        faults = f"{many(split.faults, 'box', 'boxes')} in {file} without extent, or of an image or category not listed"
        found += given(split.faults, f"{faults}: a run refuses them.")
        differ = list(split.boxes) != categories
        found += given(differ, f"The categories of train and {part} differ: a run wants the same.")
        found += given(not sum(split.boxes.values()), f"There is no box in {file}.")
    return found
