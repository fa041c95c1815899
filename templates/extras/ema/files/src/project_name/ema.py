"""A moving average of the weights, which is validated, tested and kept in place of the weights themselves."""

from typing import Any

from torch import nn

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import EMAHandler


def moving_average(
    model: nn.Module, trainer: Engine[Any, Any], momentum: float | None, state: dict[str, Any]
) -> nn.Module:
    """The network that is evaluated: the average, or the model itself if there is no momentum.

    Args:
        model: what is trained.
        trainer: each of its steps moves the average.
        momentum: how much of the new weights each step adds; None for no average.
        state: what the run saves; the average joins it, so that a resumed run goes on with it.
    """
    if momentum is None:
        return model
    average = EMAHandler(model, momentum)
    average.attach(trainer)
    state["ema"] = average
    return average.ema_model
