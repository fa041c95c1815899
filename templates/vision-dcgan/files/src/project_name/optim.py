"""The optimizers, one for each network, and their learning rates over a run."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta
from torch import nn
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LambdaLR


@dataclass(frozen=True)
class OptimizerConfig:
    """How weights are updated; the same for both networks, but for the learning rate."""

    learning_rate: Annotated[float, Meta(ge=0)] = 2e-3
    """Of the generator, at the start."""
    discriminator_rate: Annotated[float, Meta(ge=0)] = 2e-3
    """Of the discriminator, at the start."""
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.5
    """Adam's first beta: with the usual 0.9 the two networks overshoot each other (arXiv:1511.06434)."""
    schedule: Literal["none", "cosine"] = "cosine"
    """Always the same rates; or down along half a cosine, at whose end the two networks settle."""
    gradient_accumulation_steps: Annotated[int, Meta(ge=1)] = 1
    """Batches per step of the optimizers."""
    clip_grad_norm: Annotated[float, Meta(ge=0)] | None = None
    """Largest norm of each network's gradient; None leaves it as it is."""


def make_optimizer(network: nn.Module, config: OptimizerConfig, learning_rate: float) -> Optimizer:
    """Adam over all parameters (Kingma and Ba 2015, arXiv:1412.6980)."""
    return Adam(network.parameters(), learning_rate, betas=(config.momentum, 0.999))


def make_scheduler(optimizer: Optimizer, config: OptimizerConfig, *, epochs: int, batches_per_epoch: int) -> LambdaLR:
    """The learning rate over the run; to be stepped after the optimizer.

    Args:
        optimizer: its learning rate is that of the start.
        config: the schedule, and how many batches a step takes.
        epochs: of the whole run.
        batches_per_epoch: the last window of an epoch is as short as what is left for it.
    """
    num_steps = epochs * math.ceil(batches_per_epoch / config.gradient_accumulation_steps)

    def factor(step: int) -> float:
        if config.schedule == "none":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, step / num_steps)))

    return LambdaLR(optimizer, factor)
