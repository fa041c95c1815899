"""The mean of the weights that the last epochs end with, which is validated, tested and kept in their place."""

from typing import Any

from torch import nn

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import SWAHandler


def mean_of_weights(
    model: nn.Module, trainer: Engine[Any, Any], start_epoch: int | None, state: dict[str, Any]
) -> nn.Module:
    """The network that is evaluated: the mean, or `model` itself if there is no epoch to start at.

    Args:
        model: whose weights; the trained network, or a moving average of it.
        trainer: its epochs end with them.
        start_epoch: the first epoch that counts; until then the mean is what the last epoch ended with.
        state: what the run saves; the mean joins it, so that a resumed run goes on with it.
    """
    if start_epoch is None:
        return model
    mean = SWAHandler(model, start_epoch)
    mean.attach(trainer)
    state["swa"] = mean
    return mean.swa_model
