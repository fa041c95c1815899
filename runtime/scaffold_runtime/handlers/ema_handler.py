"""A second model whose weights follow those of the first one slowly, and often generalise better."""

import copy
import warnings
from collections.abc import Mapping
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from ..distributed.comp_models.base import replicas
from ..engine.engine import Engine
from ..engine.events import Events
from ..engine.gradient_window import EPOCH_ENDS
from .optimizer_steps import OptimizerSteps
from .saving.state_dicts import plain_state, wrapped_state
from .unwrapped_model import unwrapped_model

HandleBuffers = Literal["copy", "update", "ema_train"]


class EMAHandler:
    r"""Keeps an exponential moving average of a model's weights.

    $$\theta_t = (1 - m) \theta_{t-1} + m \, w_t$$

    The average starts as a copy and shares no memory with the model; all weights of a type move in one
    operation on their device, and nothing is read back.

    Runs on:   `ITERATION_COMPLETED` of the trainer, or what `attach` says, once after each step of an optimizer of
               torch; where none has been seen to move the model, each event counts.
    Changes:   `ema_model`, and the momentum in the engine's state; never the model.
    Saves:     the average, the number of its updates, and whether there is an optimizer.
    Processes: weights are alike on all ranks, so are their averages. Buffers, such as running means, may differ, as the
               model's do: `idist.uneven_inputs(ema_model)`, and so `create_supervised_evaluator`, gives all processes
               those of rank 0, and what is measured is what rank 0 saves.

    Args:
        model: the model; the average is of what DDP wraps.
        momentum: how much of the weights comes in with each update.
        momentum_warmup: the momentum at the first update, if it should move to `momentum` linearly.
        warmup_iters: updates until it is there.
        handle_buffers: "copy" takes the model's buffers over, "update" averages those that are floats, "ema_train"
            leaves them to the average itself, which then stays in training mode.

    Raises:
        ValueError: there is no model, the momentum is not between 0 and 1, or `handle_buffers` is unknown.

    Example:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> ema = EMAHandler(model, momentum=0.5)
        >>> before = model.weight.item()
        >>> trainer = Engine(lambda engine, batch: model.weight.data.add_(1))
        >>> ema.attach(trainer)
        >>> _ = trainer.run([0])
        >>> abs(ema.ema_model.weight.item() - (before + 0.5)) < 1e-6
        True

    References:
        Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
    """

    def __init__(
        self,
        model: nn.Module,
        momentum: float = 0.0002,
        momentum_warmup: float | None = None,
        warmup_iters: int | None = None,
        handle_buffers: HandleBuffers = "copy",
    ) -> None:
        if not isinstance(model, nn.Module):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise ValueError(f"`model` should be a module of torch, got a {type(model).__name__}.")
        if not 0 < momentum < 1:
            raise ValueError(f"`momentum` should be between 0 and 1, got {momentum}.")
        if handle_buffers not in ("copy", "update", "ema_train"):
            raise ValueError(f"`handle_buffers` should be 'copy', 'update' or 'ema_train', got {handle_buffers!r}.")
        self.momentum = momentum
        self.momentum_warmup = momentum_warmup
        self.warmup_iters = warmup_iters
        self.handle_buffers: HandleBuffers = handle_buffers
        self.model = unwrapped_model(model)
        self.ema_model = copy.deepcopy(self.model).requires_grad_(False)
        self.ema_model.train(handle_buffers == "ema_train")
        replicas.add(self.ema_model)
        self.num_updates = 0
        self._has_optimizer = False
        self._guessed = 0  # updates before the first step of an optimizer was seen

    def attach(
        self,
        engine: Engine[Any, Any],
        name: str = "ema_momentum",
        warn_if_exists: bool = True,
        event: Any = Events.ITERATION_COMPLETED,
    ) -> None:
        """Updates the average at each `event`, if an optimizer has made a step since the last one.

        Args:
            engine: the trainer.
            name: the attribute of its state that holds the momentum; other handlers may change it.
            warn_if_exists: warn if the state has it already.
            event: when.
        """
        if name in vars(engine.state):
            if warn_if_exists:
                warnings.warn(f"The engine's state has `{name}` already, and it is used as it is.", stacklevel=2)
        else:
            setattr(engine.state, name, self.momentum)
        steps = OptimizerSteps(self.model)
        engine.add_event_handler(event, self._follow_steps, name, steps)
        if event is Events.ITERATION_COMPLETED:  # an accumulation window may close with its epoch, after that
            engine.add_event_handler(EPOCH_ENDS, self._follow_steps, name, steps, guesses=False)

    def _follow_steps(
        self, engine: Engine[Any, Any], name: str, steps: OptimizerSteps, *, guesses: bool = True
    ) -> None:
        if steps.take():
            self.num_updates -= self._guessed  # before the first step the weights were those of the average
            self._has_optimizer, self._guessed = True, 0
        elif self._has_optimizer or not guesses:
            return
        else:
            self._guessed += 1
        self._update(engine, name)

    @torch.no_grad()
    def _update(self, engine: Engine[Any, Any], name: str) -> None:
        self.num_updates += 1
        if self.momentum_warmup is not None and self.warmup_iters is not None:
            setattr(engine.state, name, self._warm_momentum(self.momentum_warmup, self.warmup_iters))
        momentum: float = getattr(engine.state, name)
        average: list[Tensor] = list(self.ema_model.parameters())
        weights: list[Tensor] = list(self.model.parameters())
        if self.handle_buffers == "copy":
            _copy(list(self.ema_model.buffers()), list(self.model.buffers()))
        elif self.handle_buffers == "update":
            average += self.ema_model.buffers()
            weights += self.model.buffers()
        _follow(average, weights, momentum)

    def _warm_momentum(self, first: float, num_updates: int) -> float:
        part = min(1.0, (self.num_updates - 1) / max(1, num_updates - 1))
        return first + (self.momentum - first) * part

    def state_dict(self) -> dict[str, Any]:
        """The average, and how often it was updated."""
        return {
            "model": plain_state(self.ema_model),
            "num_updates": self.num_updates,
            "has_optimizer": self._has_optimizer,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes a saved average over."""
        self.ema_model.load_state_dict(wrapped_state(self.ema_model, state_dict["model"]))
        self.num_updates = state_dict["num_updates"]
        self._has_optimizer, self._guessed = state_dict.get("has_optimizer", False), 0


def _follow(average: list[Tensor], weights: list[Tensor], momentum: float) -> None:
    """Moves floats towards the weights; whole numbers, such as counts, are taken over."""
    floats = [index for index, tensor in enumerate(average) if tensor.is_floating_point() or tensor.is_complex()]
    if floats:
        lerp: Any = cast("Any", torch)._foreach_lerp_  # all tensors in one launch; torch's own averages use it too
        lerp([average[i] for i in floats], [weights[i] for i in floats], momentum)
    others = sorted(set(range(len(average))) - set(floats))
    _copy([average[i] for i in others], [weights[i] for i in others])


def _copy(targets: list[Tensor], sources: list[Tensor]) -> None:
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)
