"""Distributions over classes, given as logits: read as rows, and their entropy."""

import torch
from torch import Tensor


def class_rows(logits: Tensor) -> Tensor:
    """Logits `(N, C, ...)` as rows `(M, C)`, one for each sample and place, in single precision at least.

    Raises:
        ValueError: there is no axis of classes.
    """
    if logits.ndim == 2 and logits.dtype == torch.float32:
        return logits
    if logits.ndim < 2:
        raise ValueError(
            f"Logits should be (N, C) or (N, C, ...), got {tuple(logits.shape)}. Stack them in an `output_transform`."
        )
    rows = logits.movedim(1, -1).flatten(0, -2)
    return rows.to(torch.promote_types(rows.dtype, torch.float32))


def entropies(probabilities: Tensor) -> Tensor:
    """What each probability adds to the entropy of its row; 0 adds nothing.

    Example:
        >>> entropies(torch.tensor([0.5, 0.5, 0.0])).sum()
        tensor(0.6931)
    """
    return -torch.xlogy(probabilities, probabilities)
