"""Samples of groups for tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Grouped = tuple[list[tuple[Tensor, Tensor, Tensor]], Tensor, Tensor, Tensor]

SIZES = (16, 16, 7)


@pytest.fixture
def draw_grouped(draw: torch.Generator) -> Callable[..., Grouped]:
    """Batches of scores of four classes, or of yes and no, then all predictions, targets, and labels 0 to 3.

    A sample of group 1 or 3 is right more often.
    """

    def drawn(is_binary: bool = False, dtype: torch.dtype = torch.float32) -> Grouped:
        num_samples, num_classes = sum(SIZES), 2 if is_binary else 4
        y = torch.randint(num_classes, (num_samples,), generator=draw)
        groups = torch.randint(4, (num_samples,), generator=draw)
        scores = torch.randn(num_samples, num_classes, generator=draw)
        scores += 1.5 * (groups % 2).unsqueeze(1) * torch.nn.functional.one_hot(y, num_classes)
        predictions = scores.argmax(1)
        y_pred = predictions if is_binary else scores.to(dtype)
        batches = zip(y_pred.split(SIZES), y.split(SIZES), groups.split(SIZES), strict=True)
        return list(batches), predictions if is_binary else y_pred.argmax(1), y, groups

    return drawn


@pytest.fixture
def draw_multilabel(draw: torch.Generator) -> Grouped:
    """The same with three labels of which any may be set, predicted as 0 and 1."""
    y_pred, y = (torch.randint(2, (sum(SIZES), 3), generator=draw) for _ in range(2))
    groups = torch.randint(4, (sum(SIZES),), generator=draw)
    y_pred[groups == 1] = y[groups == 1]
    return list(zip(y_pred.split(SIZES), y.split(SIZES), groups.split(SIZES), strict=True)), y_pred, y, groups
