"""Rankings for tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Rankings = tuple[list[tuple[Tensor, Tensor]], Tensor, Tensor, Tensor]


@pytest.fixture
def draw_rankings(draw: torch.Generator) -> Callable[..., Rankings]:
    """Batches without equal scores, then all scores and relevances, and for each item whose it is."""

    def drawn(dtype: torch.dtype = torch.float32, levels: int = 2) -> Rankings:
        # Above 0, where torchmetrics takes scores for predictions.
        scores = torch.stack([torch.randperm(9, generator=draw) + 1 for _ in range(19)]).to(dtype) / 16
        y = torch.randint(levels, (19, 9), generator=draw) * (torch.rand(19, 9, generator=draw) < 0.4)
        assert not y.any(1).all(), "no user without a relevant item"
        batches = list(zip(scores.split((8, 8, 3)), y.split((8, 8, 3)), strict=True))
        return batches, scores, y, torch.arange(19).unsqueeze(1).expand(19, 9)

    return drawn
