"""The optimizer, and its learning rate over a run: up along a line, down along half a cosine."""

import math
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW; the learning rate rises along a line, then falls along half a cosine."""

    learning_rate: Annotated[float, Meta(ge=0)] = 5e-3
    """Peak of the schedule."""
    weight_decay: Annotated[float, Meta(ge=0)] = 1e-2
    """Decoupled decay per step, as a fraction of the learning rate."""
    warmup_fraction: Annotated[float, Meta(ge=0, le=1)] = 0.2
    """Part of the run in which the learning rate rises to its peak."""
    gradient_accumulation_steps: Annotated[int, Meta(ge=1)] = 1
    """Batches per optimizer step."""
    clip_grad_norm: Annotated[float, Meta(ge=0)] | None = None
    """Largest norm of the gradient; None leaves it as it is."""


def make_optimizer(model: nn.Module, config: OptimizerConfig) -> Optimizer:
    """AdamW over all parameters (Loshchilov and Hutter 2019, arXiv:1711.05101)."""
    return AdamW(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)


def make_scheduler(optimizer: Optimizer, config: OptimizerConfig, *, epochs: int, batches_per_epoch: int) -> LambdaLR:
    """Warm-up, then a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983); to be stepped after the optimizer.

    Adam knows the scale of gradients only after some steps: at the full rate the first ones would be too long. That
    is what the warm-up is for; without a cosine's slow end the last steps would be too long to settle.

    Args:
        optimizer: its learning rates are the peak.
        config: how long the warm-up is, and how many batches a step takes.
        epochs: of the whole run.
        batches_per_epoch: the last window of an epoch is as short as what is left for it.
    """
    num_steps = epochs * math.ceil(batches_per_epoch / config.gradient_accumulation_steps)
    warmup = max(1, round(config.warmup_fraction * num_steps))

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup  # not `step / warmup`: the first step would be none
        progress = min(1.0, (step - warmup) / max(1, num_steps - warmup))
        return 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, factor)
