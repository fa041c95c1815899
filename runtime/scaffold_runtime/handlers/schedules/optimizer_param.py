"""Schedules that change a parameter of an optimizer, such as its learning rate."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from ...engine.engine import Engine
from ...engine.events import Events
from ..optimizer_steps import OptimizerSteps
from .base import BaseParamScheduler

Value = float | list[float]


class ParamScheduler(BaseParamScheduler):
    """Sets a parameter of an optimizer to the next value of a schedule.

    Runs on:   `ITERATION_STARTED` of the trainer, once for each step of the optimizer; or what `attach` says.
    Changes:   the parameter, in all parameter groups or one of them.
    Saves:     `event_index`, how many values it has set, and whether the optimizer has used the last one.
    Processes: each sets its own optimizer to the same values.

    Args:
        optimizer: or anything with `param_groups`.
        param_name: which parameter.
        save_history: keep the values in `engine.state.param_history`.
        param_group_index: the group; all of them if not given.

    Raises:
        TypeError: there are no parameter groups.
    """

    def __init__(
        self, optimizer: Optimizer, param_name: str, save_history: bool = False, param_group_index: int | None = None
    ) -> None:
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(f"`optimizer` should have parameter groups; got a {type(optimizer).__name__}.")
        super().__init__(param_name, save_history)
        self.optimizer = optimizer
        self.param_group_index = param_group_index
        tells = isinstance(cast("object", optimizer), Optimizer)
        self._steps = OptimizerSteps(optimizer) if tells else None

    def attach(
        self, engine: Engine[Any, Any], event: Any = Events.ITERATION_STARTED, *, name: str | None = None
    ) -> None:
        """Sets the next value where an iteration starts, if the optimizer has used the one before.

        So each step of the optimizer has the next value, also where it shares several batches, or a scaler skips it. An
        iteration of several steps has one value.

        Args:
            engine: the trainer.
            event: another event, at each of which the next value is set whatever the optimizer does.
            name: in the history; the parameter's own if not given.
        """
        engine.add_event_handler(event, self._set_if_used if event is Events.ITERATION_STARTED else self, name)

    def _set_if_used(self, engine: Engine[Any, Any], name: str | None) -> None:
        if self.event_index == 0 or self._is_used:
            self(engine, name)
            if self._steps is not None:
                self._steps.came = False

    @property
    def _is_used(self) -> bool:
        """The value that was set last was used; without an optimizer that learns from gradients, each is."""
        steps = self._steps
        if steps is None or steps.came:
            return True
        learns = any(weight.grad is not None for group in self.optimizer.param_groups for weight in group["params"])
        return not (steps.seen or learns)

    def __call__(self, engine: Engine[Any, Any] | None, name: str | None = None) -> None:
        """Sets the next value; a step that is done again, after a failure for instance, keeps the one that it had.

        Args:
            engine: whose history it enters.
            name: under which; the parameter's own if not given.
        """
        if self._has_acted(engine):
            return
        self._set_next()
        if self.save_history and engine is not None:
            values = [_number(group[self.param_name]) for group in self.optimizer_param_groups]
            self._remember(engine, name or self.param_name, values)
        self.event_index += 1

    def _set_next(self) -> None:
        value = self._next_param()
        groups = self.optimizer_param_groups
        values = value if isinstance(value, list) else [value] * len(groups)
        if len(values) != len(groups):
            raise ValueError(f"The schedule gives {len(values)} values for {len(groups)} parameter groups.")
        for group, entry in zip(groups, values, strict=True):
            set_param(group, self.param_name, entry)

    def _next_param(self) -> Value:
        """The value that is set now; schedules that turn to a new cycle do it here."""
        return self.get_param()

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups it sets."""
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        return groups if self.param_group_index is None else [groups[self.param_group_index]]

    @classmethod
    def simulate_values(cls, num_events: int, **scheduler_kwargs: Any) -> list[list[Any]]:
        """The values at the first events, as pairs of (event, value); no optimizer is needed.

        Args:
            num_events: how many.
            **scheduler_kwargs: arguments of the schedule; an `optimizer` among them is left alone.
        """
        kwargs = {key: value for key, value in scheduler_kwargs.items() if key not in ("optimizer", "save_history")}
        scheduler = cls(optimizer=stand_in_optimizer(), **kwargs)
        values: list[list[Any]] = []
        for event in range(num_events):
            scheduler(None)
            values.append([event, scheduler.optimizer_param_groups[0][scheduler.param_name]])
        return values

    def state_dict(self) -> dict[str, Any]:
        """How far it is."""
        return super().state_dict() | {"is_used": self._is_used}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there."""
        super().load_state_dict(state_dict)
        if self._steps is not None:
            self._steps.came = state_dict.get("is_used", True)
            self._steps.seen = not self._steps.came


def set_param(group: dict[str, Any], name: str, value: Any) -> None:
    """Sets a parameter of a group; one that is a tensor, as of captured optimizers, stays that tensor."""
    if isinstance(group.get(name), Tensor):
        group[name].fill_(value)
    else:
        group[name] = value


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


def stand_in_optimizer(lr: float = 0.01) -> Optimizer:
    """An optimizer of nothing in particular, for values that are computed without a training."""
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
