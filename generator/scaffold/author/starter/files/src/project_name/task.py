"""What is learned and measured: a number for each input."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from scaffold_runtime.metrics import Loss, Metric
from scaffold_runtime.metrics.regression import R2Score

SCORE = "r2"  # the metric that decides which network is best; higher is better
SHOWN = ("loss", "r2")


def make_loss(sizes: Mapping[str, int]) -> nn.Module:
    """Of predictions and targets `(N, 1)`."""
    return nn.MSELoss()


def make_metrics(sizes: Mapping[str, int], device: torch.device) -> dict[str, Metric]:
    """What an evaluation measures."""
    return {SCORE: R2Score(device=device), "loss": Loss(make_loss(sizes), device=device)}


def to_predictions(outputs: Tensor, info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The number for each sample."""
    return [{"y": round(value, 4)} for value in outputs.flatten().tolist()]
