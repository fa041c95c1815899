"""What is learned and measured: a number."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from scaffold_runtime.metrics import Loss, Metric
from scaffold_runtime.metrics.regression import R2Score

SCORE = "r2"  # the metric that decides which network is best and when training stops; higher is better
SHOWN = ("loss", "r2")  # of all metrics, what a line on the terminal has room for


def make_loss(sizes: Mapping[str, int]) -> nn.Module:
    """Of outputs `(N,)` and targets `(N,)`, in standard deviations of the target; a mean over the batch."""
    return nn.MSELoss()


def make_metrics(sizes: Mapping[str, int], device: torch.device) -> dict[str, Metric]:
    """What an evaluation measures, fed with outputs `(N,)` and targets `(N,)`.

    `r2` is the part of the targets' variance that is explained: 0 for always answering their mean, 1 for no error.
    """
    return {SCORE: R2Score(device=device), "loss": Loss(make_loss(sizes), device=device)}


def to_predictions(outputs: Tensor, info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each output of `(N,)` the number in the target's own unit, under the target's name."""
    numbers = outputs.double() * info["std"] + info["mean"]
    return [{info["target"]: float(f"{number:.6g}")} for number in numbers.tolist()]
