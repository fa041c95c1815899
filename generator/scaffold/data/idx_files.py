"""Images and labels in idx files, as MNIST and its relatives come: `vision-classification`."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError
from .finding import Finding, Tick, class_counts, given, many, thin_classes
from .names import Names

TEMPLATE = "vision-classification"
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def find_idx_files(names: Names, tick: Tick) -> Finding | None:
    """What a folder with idx files is, or None if there are none.

    Raises:
        UsageError: one of the four is missing, or cannot be read.
    """
    there = set(names.folders.get("", ()))
    found = {name: next((each for each in (name, f"{name}.gz") if each in there), None) for name in FILES}
    if not any(found.values()):
        return None
    missing = [name for name, file in found.items() if file is None]
    if missing:
        raise UsageError(f"'{names.root}' has idx files, and lacks '{missing[0]}' (or .gz).", "There are four of them.")
    shapes: dict[str, tuple[int, ...]] = {}
    labels: Counter[int] = Counter()
    for name, file in found.items():
        tick(f"'{file}'")
        shapes[name], content = _read(names.root / str(file), num_dimensions=1 if "labels" in name else 3)
        labels.update(content)
    return _finding(names.root, shapes, {str(label): labels[label] for label in sorted(labels)})


def _finding(root: Path, shapes: Mapping[str, tuple[int, ...]], classes: Mapping[str, int]) -> Finding:
    train, train_labels, test, test_labels = (shapes[name] for name in FILES)
    if train[0] != train_labels[0] or test[0] != test_labels[0] or train[1:] != test[1:]:
        numbers = ", ".join(f"{name} {' x '.join(map(str, shape))}" for name, shape in shapes.items())
        raise UsageError(
            f"The idx files in '{root}' do not go together: {numbers}.", "Look whether they are of one set."
        )
    size = " x ".join(map(str, reversed(train[1:])))
    return Finding(
        TEMPLATE,
        {"dataset": "fashion-mnist", "data_path": str(root)},
        [
            f"{many(train[0] + test[0], 'image')} in idx files, {many(len(classes), 'class', 'classes')}: "
            f"{class_counts(classes)}.",
            f"Split as it lies: train {train[0]:,}, test {test[0]:,}; the project draws a tenth of train for val.",
            f"All are {size} pixels, in grey.",
        ],
        [
            *thin_classes(classes, "image"),
            *given(len(classes) < 2, "There is one class: there is nothing to tell apart."),
        ],
        classes,
    )


def _read(path: Path, *, num_dimensions: int) -> tuple[tuple[int, ...], bytes]:
    """The shape that an idx file begins with, and the labels that follow."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            if file.read(4) != bytes((0, 0, 8, num_dimensions)):
                raise ValueError(f"it does not begin as one of bytes in {many(num_dimensions, 'dimension')}")
            shape = struct.unpack(f">{num_dimensions}I", file.read(4 * num_dimensions))
            start = file.tell()
            if file.seek(0, os.SEEK_END) - start != math.prod(shape):
                raise ValueError(f"it should have {' x '.join(map(str, shape))} bytes, and is longer or was cut off")
            file.seek(start)
            content = file.read() if num_dimensions == 1 else b""
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise UsageError(f"'{path}' cannot be read as an idx file: {error}.", "Get it anew.") from None
    return shape, content
