"""Numbers by their order alone."""

from typing import cast

import torch
from torch import Tensor


def levels(values: Tensor) -> tuple[Tensor, Tensor]:
    """For each of `(N,)` numbers, its place among the distinct ones from the lowest; and how many have each place.

    Example:
        >>> levels(torch.tensor([0.5, 0.1, 0.5]))
        (tensor([1, 0, 1]), tensor([1, 2]))
    """
    # torch leaves this function untyped.
    found = cast(tuple[Tensor, Tensor, Tensor], torch.unique(values, return_inverse=True, return_counts=True))
    return found[1], found[2]
