"""Objects in images as COCO writes them down: a JSON file of images, annotations and categories.

The format: https://cocodataset.org/#format-data. A box is `[left, top, width, height]` in pixels.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn


@dataclass(frozen=True)
class Annotated:
    """An image and its objects.

    Attributes:
        file: the image.
        objects: left, top, right and bottom edge of each, in parts of width and height, and its class.
    """

    file: Path
    objects: tuple[tuple[float, float, float, float, int], ...]


@dataclass(frozen=True)
class Annotations:
    """A split: its images, and the names of the classes in the order of their numbers in the file."""

    images: tuple[Annotated, ...]
    classes: tuple[str, ...]


def read_annotations(folder: Path) -> Annotations:
    """The images of a folder, and what its JSON file says of them; those without an object, too.

    Raises:
        SystemExit: there is no such folder or file, or what the file says does not fit together.
    """
    if not folder.is_dir():
        _stop(
            f"There is no folder '{folder}'.",
            "--data.root names the folder that holds train/, or the JSON file itself.",
        )
    files = sorted(path for path in folder.glob("*.json") if path.name[0] != ".")
    if len(files) != 1:
        names = ", ".join(path.name for path in files) or "none"
        _stop(f"'{folder}' should hold one JSON file of annotations and has {names}.", "One a split, in COCO's format.")
    (file,) = files
    content = _read_lists(file)
    try:
        return _fit_together(file, content)
    except (KeyError, TypeError, ValueError) as error:
        what = f"an entry lacks {error}" if isinstance(error, KeyError) else str(error)
        _stop(f"'{file}' is not in COCO's format: {what}.", "See https://cocodataset.org/#format-data.")


def _read_lists(file: Path) -> Mapping[str, list[dict[str, Any]]]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        _stop(f"'{file}' cannot be read as JSON: {error}.", "Export it again.")
    missing = [
        name
        for name in ("images", "annotations", "categories")
        if not isinstance(content, dict) or not isinstance(content.get(name), list)
    ]
    if missing:
        _stop(f"'{file}' has no list of {' and none of '.join(missing)}.", "Export it in COCO's format.")
    return content


def _fit_together(file: Path, content: Mapping[str, Sequence[Mapping[str, Any]]]) -> Annotations:
    categories = sorted(content["categories"], key=lambda category: category["id"])
    index_of = {category["id"]: index for index, category in enumerate(categories)}
    objects: dict[Any, list[tuple[float, float, float, float, int]]] = {image["id"]: [] for image in content["images"]}
    sizes = {image["id"]: (float(image["width"]), float(image["height"])) for image in content["images"]}
    for number, annotation in enumerate(content["annotations"]):
        name = f"annotation {annotation.get('id', number)}"
        if annotation["image_id"] not in sizes:
            raise ValueError(f"{name} is of image {annotation['image_id']}, which is not in `images`")
        if annotation["category_id"] not in index_of:
            raise ValueError(f"{name} has category {annotation['category_id']}, which is not in `categories`")
        if not annotation.get("iscrowd"):
            box = _edges(name, annotation["bbox"], *sizes[annotation["image_id"]])
            objects[annotation["image_id"]].append((*box, index_of[annotation["category_id"]]))
    images = [
        Annotated(_find_image(file, image["file_name"]), tuple(objects[image["id"]])) for image in content["images"]
    ]
    if not any(image.objects for image in images):
        raise ValueError(f"none of its {len(images)} images has an object")
    return Annotations(tuple(images), tuple(category["name"] for category in categories))


def _edges(name: str, box: Sequence[float], width: float, height: float) -> tuple[float, float, float, float]:
    """The edges of COCO's box in parts of the image, of which the box may leave a little, as rounding does."""
    if len(box) != 4 or not (box[2] > 0 and box[3] > 0):
        raise ValueError(f"{name} has the box {list(box)}, which should be left, top, and a width and height above 0")
    left, top, right, bottom = box[0] / width, box[1] / height, (box[0] + box[2]) / width, (box[1] + box[3]) / height
    edges = max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0)
    if edges[0] >= edges[2] or edges[1] >= edges[3]:
        raise ValueError(f"{name} has the box {list(box)}, which is outside of its image of {width:g} x {height:g}")
    return edges


def _find_image(file: Path, name: str) -> Path:
    places = [folder / name for folder in (file.parent / "images", file.parent)]
    for path in places:
        if path.is_file():
            return path
    return _stop(f"There is no '{places[0]}', which '{file.name}' names.", f"Put it there, or into '{file.parent}'.")


def _stop(fault: str, hint: str) -> NoReturn:
    raise SystemExit(f"Error: {fault}\nHint:  {hint}")
