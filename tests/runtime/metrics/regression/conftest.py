"""Batches of numbers for metrics of regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

Batches = list[tuple[torch.Tensor, torch.Tensor]]


@pytest.fixture
def draw_pairs(draw: torch.Generator) -> Callable[..., tuple[Batches, np.ndarray, np.ndarray]]:
    """Draws batches, and gives all their predictions and targets as arrays of doubles too."""

    def drawn(dtype: torch.dtype = torch.float32, **how: float) -> tuple[Batches, np.ndarray, np.ndarray]:
        batches = [(_numbers(n, draw, **how).to(dtype), _numbers(n, draw, **how).to(dtype)) for n in (8, 8, 8, 3)]
        # The second axis of one means nothing.
        batches[1] = (batches[1][0].unsqueeze(1), batches[1][1].unsqueeze(1))
        y_pred, y = (torch.cat([part.flatten() for part in parts]) for parts in zip(*batches, strict=True))
        return batches, y_pred.double().numpy(), y.double().numpy()

    return drawn


def _numbers(
    count: int, draw: torch.Generator, *, mean: float = 0.0, spread: float = 1.0, levels: int | None = None
) -> torch.Tensor:
    if levels is not None:
        return torch.randint(levels, (count,), generator=draw).double()
    return mean + spread * torch.randn(count, generator=draw, dtype=torch.float64)
