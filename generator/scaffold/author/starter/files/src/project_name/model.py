"""The network: one hidden layer."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class ModelConfig:
    """The network's size."""

    width: int = 64
    """Hidden units."""


def build_model(config: ModelConfig, *, inputs: int) -> nn.Module:
    """From `(N, inputs)` to `(N, 1)`."""
    return nn.Sequential(nn.Linear(inputs, config.width), nn.Tanh(), nn.Linear(config.width, 1))
