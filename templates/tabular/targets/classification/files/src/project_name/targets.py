"""The target column: classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .cells import Cell, to_text
from .splits import split_rows

MOST_CLASSES_IN_ROWS = 0.5  # with more classes than that part of the rows, the column is no class


@dataclass(frozen=True)
class Targets:
    """What is to be learned of each row.

    Attributes:
        values: indices of classes, `(N,)`.
        splits: training, validation and test rows.
        sizes: what the network has to know: `num_classes`.
        info: what predictions have to know: `classes`, their names.
    """

    values: Tensor
    splits: tuple[list[int], list[int], list[int]]
    sizes: dict[str, int]
    info: dict[str, Any]


def read_targets(cells: Sequence[Cell], name: str, split_seed: int) -> Targets:
    """The classes in the order of their names; each has its part of every split.

    Raises:
        SystemExit: there is one class only, or nearly every row has its own.
    """
    names = [to_text(cell) for cell in cells]
    classes = sorted(set(names))
    if len(classes) < 2:
        raise SystemExit(f"Error: '{name}' is '{classes[0]}' in every row: there is nothing to tell apart.")
    if len(classes) > MOST_CLASSES_IN_ROWS * len(names):
        raise SystemExit(
            f"Error: '{name}' has {len(classes)} different values in {len(names)} rows, too many for classes.\n"
            "Hint:  Give another column; or make a project whose target is a number (--set target=regression)."
        )
    index = {each: place for place, each in enumerate(classes)}
    groups: list[list[int]] = [[] for _ in classes]
    for row, each in enumerate(names):
        groups[index[each]].append(row)
    values = torch.tensor([index[each] for each in names])
    return Targets(values, split_rows(groups, split_seed), {"num_classes": len(classes)}, {"classes": classes})
