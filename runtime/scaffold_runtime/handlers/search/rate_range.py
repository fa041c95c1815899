"""The test of a learning-rate finder: what runs at the trainer's events, and what it may be asked for."""

import math
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from torch import Tensor
from torch.optim import Optimizer

from ... import distributed as idist
from ...engine.engine import Engine
from ...engine.events import Events
from ..optimizer_steps import OptimizerSteps
from ..saving.state_dicts import Stateful
from ..schedules.optimizer_param import set_param

LAST = -(10**6)
"""The priority of what sets the rate, whatever other schedules do."""


class RangeTest:
    """One test: sets the rates, notes the losses, and ends the run."""

    def __init__(
        self,
        optimizer: Optimizer,
        output_transform: Callable[[Any], Any],
        num_iter: int | None,
        starts: list[float],
        ends: list[float],
        is_linear: bool,
        smooth_f: float,
        diverge_th: float,
    ) -> None:
        self.optimizer, self.output_transform = optimizer, output_transform
        self.num_iter, self.starts, self.ends, self.is_linear = num_iter, starts, ends, is_linear
        self.smooth_f, self.diverge_th = smooth_f, diverge_th
        self.steps = OptimizerSteps(optimizer)
        self.history: dict[str, list[Any]] = {"lr": [], "loss": []}
        self.has_diverged = False
        self.done = 0  # iterations
        self.losses: list[float] = []  # since the last step of the optimizer
        self.rates: list[float] = []

    @contextmanager
    def attached(self, trainer: Engine[Any, Any]) -> Generator[None]:
        """Within it, it listens to the trainer."""
        handles = [
            trainer.add_event_handler(Events.STARTED, self.begin),
            trainer.add_event_handler(Events.ITERATION_STARTED, self.set_rates, priority=LAST),
            trainer.add_event_handler(Events.ITERATION_COMPLETED, self.note),
            trainer.add_event_handler(Events.COMPLETED, self.end),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def begin(self, trainer: Engine[Any, Any]) -> None:
        """Says how long the run is."""
        state = trainer.state
        if self.num_iter is None and state.max_iters is not None:
            self.num_iter = state.max_iters - state.iteration
        elif self.num_iter is None and state.epoch_length is not None and state.max_epochs is not None:
            self.num_iter = state.epoch_length * state.max_epochs - state.iteration
        if self.num_iter is None:
            raise ValueError("The data does not tell how long an epoch is: `num_iter` should say how long the test is.")
        state.max_epochs, state.max_iters = None, state.iteration + self.num_iter

    def set_rates(self) -> None:
        """The next rates, if the optimizer has used the last ones."""
        if not self.losses:
            place = (self.done if self.is_linear else self.done + 1) / (self.num_iter or 1)
            self.rates = [self.rate(*ends, place) for ends in zip(self.starts, self.ends, strict=True)]
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            set_param(group, "lr", rate)

    def rate(self, start: float, end: float, place: float) -> float:
        """The rate at this part of the test."""
        return start + (end - start) * place if self.is_linear else start * (end / start) ** place

    def note(self, trainer: Engine[Any, Any]) -> None:
        """Notes the loss, and ends the run if it has diverged."""
        self.done += 1
        loss = _number(self.output_transform(trainer.state.output))
        self.losses.append(idist.all_reduce(loss) / idist.get_world_size())
        if not self._has_stepped() and self.done < (self.num_iter or 0):
            return
        loss, self.losses = sum(self.losses) / len(self.losses), []
        if not math.isfinite(loss):
            self.diverge(trainer)
            return
        before = self.history["loss"]
        if before and self.smooth_f > 0:
            loss = self.smooth_f * loss + (1 - self.smooth_f) * before[-1]
        before.append(loss)
        self.history["lr"].append(self.rates if len(self.rates) > 1 else self.rates[0])
        if loss > self.diverge_th * min(before):
            self.diverge(trainer)

    def _has_stepped(self) -> bool:
        """The optimizer has used the rate; what learns without an optimizer of torch uses it at each iteration."""
        groups = self.optimizer.param_groups
        learns = any(weight.grad is not None for group in groups for weight in group["params"])
        return self.steps.take() or not (self.steps.seen or learns)

    def end(self) -> None:
        """Says if there is more to see."""
        if not self.has_diverged:
            warnings.warn(
                "The range test has ended, and the loss has not diverged: a larger `end_lr` or a smaller `diverge_th` "
                "shows more; look at `plot()`.",
                stacklevel=2,
            )

    def diverge(self, trainer: Engine[Any, Any]) -> None:
        """Ends the run."""
        self.has_diverged = True
        trainer.terminate()


def check_arguments(
    to_save: Mapping[str, Any], smooth_f: float, diverge_th: float, step_mode: str, num_iter: int | None
) -> Optimizer:
    """Refuses what cannot be tested; gives the optimizer.

    Raises:
        TypeError: `to_save` is no mapping of objects with a state.
        ValueError: it has no optimizer, or a number is out of its range.
    """
    if not isinstance(to_save, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        raise TypeError(f"`to_save` should be objects by name, got a {type(to_save).__name__}.")
    for name, obj in to_save.items():
        if not isinstance(obj, Stateful):
            raise TypeError(f"`{name}` should have `state_dict` and `load_state_dict`, and is a {type(obj).__name__}.")
    if "optimizer" not in to_save:
        raise ValueError(f"`to_save` should have 'optimizer'; it has {', '.join(map(repr, to_save)) or 'nothing'}.")
    optimizer = to_save["optimizer"]
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"`optimizer` should be one of torch, got a {type(optimizer).__name__}.")
    if not 0 <= smooth_f < 1:
        raise ValueError(f"`smooth_f` should be at least 0 and below 1, got {smooth_f}.")
    if diverge_th < 1:
        raise ValueError(f"`diverge_th` should be at least 1, got {diverge_th}.")
    if step_mode not in ("exp", "linear"):
        raise ValueError(f"`step_mode` should be 'exp' or 'linear', got {step_mode!r}.")
    if num_iter is not None and not isinstance(num_iter, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"`num_iter` should be a number of iterations, got {num_iter!r}.")
    if num_iter is not None and num_iter < 1:
        raise ValueError(f"`num_iter` should be at least 1, got {num_iter}.")
    return optimizer


def rates_of_groups(name: str, given: Any, optimizer: Optimizer) -> list[float]:
    """The rates of all groups.

    Raises:
        TypeError: one is no number.
        ValueError: they are not as many as the groups.
    """
    groups = len(optimizer.param_groups)
    rates = cast("list[Any]", given) if isinstance(given, list) else [given] * groups
    if len(rates) != groups:
        raise ValueError(f"`{name}` should be one rate, or one for each of {groups} groups; got {given}.")
    if not all(isinstance(rate, (int, float, Tensor)) for rate in rates):
        raise TypeError(f"`{name}` should be a rate, or a list of rates; got {given!r}.")
    return [float(rate) for rate in rates]


def _number(loss: Any) -> float:
    if isinstance(loss, (int, float)):
        return float(loss)
    if isinstance(loss, Tensor) and loss.numel() == 1:
        return float(loss.item())
    shape = f"a tensor of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
    kind = ValueError if isinstance(loss, Tensor) else TypeError
    raise kind(f"The loss should be one number, and `output_transform` gives {shape}.")
