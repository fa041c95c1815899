"""The learning rate over a run: up along a line, down along half a cosine."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warmup_then_cosine(optimizer: Optimizer, *, num_steps: int, warmup_fraction: float) -> LambdaLR:
    """A scheduler to be stepped after each optimizer step (Loshchilov and Hutter 2017, arXiv:1608.03983).

    Args:
        optimizer: its learning rates are the peak.
        num_steps: of the whole run.
        warmup_fraction: part of them in which the rate rises.
    """
    warmup = max(1, round(warmup_fraction * num_steps))

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        progress = min(1.0, (step - warmup) / max(1, num_steps - warmup))
        return 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, factor)
