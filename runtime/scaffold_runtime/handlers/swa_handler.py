"""The mean of a training's last weights, which often generalises better than any of them."""

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel

from ..distributed.comp_models.base import replicas
from ..engine.engine import Engine
from ..engine.events import Events
from .saving.state_dicts import plain_state, wrapped_state
from .unwrapped_model import unwrapped_model


class SWAHandler:
    """Keeps the mean of the weights that the epochs from `start_epoch` on end with (stochastic weight averaging).

    Until then `swa_model` is a copy of the model as the last epoch left it, so that it can be validated from the first
    epoch on. Buffers, such as running means of batch norms, are averaged too.

    Runs on:   `EPOCH_COMPLETED` of the trainer; attach it before what validates.
    Changes:   `swa_model`; never the model.
    Saves:     the mean, and of how many epochs it is.
    Processes: weights are alike on all ranks, so are their means. Buffers may differ, as the model's do:
               `idist.uneven_inputs(swa_model)` gives all processes those of rank 0.

    Args:
        model: the model; the mean is of what DDP wraps.
        start_epoch: the first epoch, counted from 1, whose weights enter the mean.

    Raises:
        ValueError: there is no such epoch.

    Example:
        >>> import torch
        >>> model = nn.Linear(1, 1, bias=False)
        >>> trainer = Engine(lambda engine, batch: nn.init.constant_(model.weight, engine.state.epoch))
        >>> swa = SWAHandler(model, start_epoch=3)
        >>> swa.attach(trainer)
        >>> _ = trainer.run([0], max_epochs=4)
        >>> swa.swa_model.weight.item()
        3.5

    References:
        Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018.
    """

    def __init__(self, model: nn.Module, start_epoch: int) -> None:
        if start_epoch < 1:
            raise ValueError(f"`start_epoch` should be an epoch, counted from 1; got {start_epoch}.")
        self.start_epoch = start_epoch
        self.model = unwrapped_model(model)
        self._average = AveragedModel(self.model, use_buffers=True)
        self._average.requires_grad_(False)
        self.swa_model: nn.Module = self._average.module.eval()
        replicas.add(self.swa_model)
        self._updated_at = 0  # the iteration

    @property
    def num_averaged(self) -> int:
        """Epochs whose weights are in the mean; 0 while it follows the model."""
        return int(self._average.n_averaged)

    def attach(self, engine: Engine[Any, Any], event: Any = Events.EPOCH_COMPLETED) -> None:
        """Takes the weights in at each `event` of `engine`, the trainer."""
        engine.add_event_handler(event, self._update)

    def _update(self, engine: Engine[Any, Any]) -> None:
        if self._updated_at == engine.state.iteration:  # the end of an epoch that is told again, as a run goes on
            return
        self._updated_at = engine.state.iteration
        self._average.update_parameters(self.model)  # the first one copies
        if engine.state.epoch < self.start_epoch:
            self._average.n_averaged.zero_()

    def state_dict(self) -> dict[str, Any]:
        """The mean, and how it came about."""
        return {
            "model": plain_state(self.swa_model),
            "num_averaged": self.num_averaged,
            "updated_at": self._updated_at,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes a saved mean over."""
        self.swa_model.load_state_dict(wrapped_state(self.swa_model, state_dict["model"]))
        self._average.n_averaged.fill_(state_dict["num_averaged"])
        self._updated_at = state_dict["updated_at"]
