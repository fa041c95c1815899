"""The median, where `torch.median` gives the lower of the two in the middle."""

import torch
from torch import Tensor


def median(values: Tensor) -> Tensor:
    """The middle value, or the mean of the two in the middle; NaN if there is one.

    By sorting, which every device can do without asking the host; on the host itself, choosing is faster.

    Example:
        >>> median(torch.tensor([4.0, 1.0, 3.0, 2.0]))
        tensor(2.5000)
    """
    if values.is_cpu:
        values = values.flatten()
        upper = values.kthvalue(len(values) // 2 + 1).values
        middle = upper if len(values) % 2 else (values.kthvalue(len(values) // 2).values + upper) / 2
        return torch.where(values.isnan().any(), torch.nan, middle)
    ordered = values.flatten().sort().values
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    # NaN sorts last.
    return torch.where(ordered[-1].isnan(), ordered[-1], middle)
