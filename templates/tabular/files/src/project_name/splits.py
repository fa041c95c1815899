"""Which rows are for training, validation and test."""

from collections.abc import Sequence

import torch

TRAINING, VALIDATION = 0.7, 0.15  # parts of the rows; what is left is for the test


def split_rows(groups: Sequence[Sequence[int]], seed: int) -> tuple[list[int], list[int], list[int]]:
    """Training, validation and test rows: of each group its part, at random, so that none is rare by chance.

    Args:
        groups: rows, by class; or all rows as one group.
        seed: of a generator of its own: the split stays the same whatever the run's seed is.
    """
    generator = torch.Generator().manual_seed(seed)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for group in groups:
        order = [group[place] for place in torch.randperm(len(group), generator=generator).tolist()]
        first = max(1, round(TRAINING * len(order)))  # a class of one row can be learned at least
        second = max(first, round((TRAINING + VALIDATION) * len(order)))
        for part, rows in zip(parts, (order[:first], order[first:second], order[second:]), strict=True):
            part += rows
    return parts
