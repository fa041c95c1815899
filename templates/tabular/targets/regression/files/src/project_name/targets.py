"""The target column: numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .cells import Cell, to_number
from .splits import split_rows


@dataclass(frozen=True)
class Targets:
    """What is to be learned of each row.

    Attributes:
        values: numbers, `(N,)`, in standard deviations from the mean of the training rows.
        splits: training, validation and test rows.
        sizes: what the network has to know: nothing.
        info: what predictions have to know: `mean` and `std` of the training rows.
    """

    values: Tensor
    splits: tuple[list[int], list[int], list[int]]
    sizes: dict[str, int]
    info: dict[str, Any]


def read_targets(cells: Sequence[Cell], name: str, split_seed: int) -> Targets:
    """The numbers, scaled: networks begin near zero, and learn best what is about one.

    Raises:
        SystemExit: a cell is text, or all are the same.
    """
    numbers = list[float]()
    for row, cell in enumerate(cells, start=1):
        try:
            numbers.append(to_number(cell) or 0.0)  # rows without a target have been left out
        except ValueError:
            raise SystemExit(
                f"Error: '{name}' should be a number, and is '{cell}' in row {row} of those that have one.\n"
                "Hint:  Correct it; or make a project whose target is a class (--set target=classification)."
            ) from None
    values = torch.tensor(numbers, dtype=torch.float64)
    splits = split_rows([range(len(numbers))], split_seed)
    mean, std = float(values[splits[0]].mean()), float(values[splits[0]].std(correction=0))
    if std == 0:
        raise SystemExit(f"Error: '{name}' is {numbers[0]:g} in every training row: there is nothing to learn.")
    return Targets(((values - mean) / std).float(), splits, {}, {"mean": mean, "std": std})
