"""Handlers that change a parameter of an optimizer, such as its learning rate, from event to event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from torch.optim import Optimizer

from ..engine.engine import Engine
from ..engine.events import Events

Value = float | list[float]


class ParamScheduler(ABC):
    """Sets a parameter of an optimizer to the next value of a schedule.

    Runs on:   `ITERATION_STARTED` of the trainer, or what `attach` says.
    Changes:   the parameter, in all parameter groups or one of them.
    Saves:     `event_index`, how many values it has set.
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
        self.optimizer = optimizer
        self.param_name = param_name
        self.save_history = save_history
        self.param_group_index = param_group_index
        self.event_index = 0

    @abstractmethod
    def get_param(self) -> Value:
        """The value at `event_index`, for all groups or one for each."""

    def attach(self, engine: Engine[Any, Any], event: Any = Events.ITERATION_STARTED) -> None:
        """Sets the next value at each `event`."""
        engine.add_event_handler(event, self)

    def __call__(self, engine: Engine[Any, Any] | None, name: str | None = None) -> None:
        """Sets the next value.

        Args:
            engine: whose history it enters.
            name: under which; the parameter's own if not given.
        """
        value = self.get_param()
        groups = self.optimizer_param_groups
        values = value if isinstance(value, list) else [value] * len(groups)
        if len(values) != len(groups):
            raise ValueError(f"The schedule gives {len(values)} values for {len(groups)} parameter groups.")
        for group, entry in zip(groups, values, strict=True):
            group[self.param_name] = entry
        if self.save_history and engine is not None:
            self._remember(engine, name or self.param_name)
        self.event_index += 1

    def _remember(self, engine: Engine[Any, Any], name: str) -> None:
        history: dict[str, list[list[Any]]] = vars(engine.state).setdefault("param_history", {})
        history.setdefault(name, []).append([group[self.param_name] for group in self.optimizer_param_groups])

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups it sets."""
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        return groups if self.param_group_index is None else [groups[self.param_group_index]]

    def state_dict(self) -> dict[str, Any]:
        """How far it is."""
        return {"event_index": self.event_index}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there."""
        self.event_index = state_dict["event_index"]


class PiecewiseLinear(ParamScheduler):
    """Values on straight lines between milestones; before the first and after the last they stay.

    Args:
        optimizer: whose parameter.
        param_name: which.
        milestones_values: pairs of (event index, value), in order.
        save_history: keep the values in `engine.state.param_history`.
        param_group_index: the group; all of them if not given.

    Raises:
        ValueError: there are no milestones, or they are not in order.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> schedule = PiecewiseLinear(optimizer, "lr", [(1, 1.0), (3, 0.0)])
        >>> [schedule(None) or optimizer.param_groups[0]["lr"] for _ in range(5)]
        [1.0, 1.0, 0.5, 0.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        param_name: str,
        milestones_values: Sequence[tuple[int, float]],
        save_history: bool = False,
        param_group_index: int | None = None,
    ) -> None:
        super().__init__(optimizer, param_name, save_history, param_group_index)
        self.milestones = [milestone for milestone, _ in milestones_values]
        self.values = [value for _, value in milestones_values]
        if not self.milestones or sorted(self.milestones) != self.milestones:
            raise ValueError(f"`milestones_values` should be pairs in the order of events, got {milestones_values}.")

    def get_param(self) -> float:
        """The value at `event_index`."""
        index = self.event_index
        passed = sum(milestone <= index for milestone in self.milestones)
        if passed == 0 or passed == len(self.milestones):
            return self.values[max(passed - 1, 0)]
        (start, end), (low, high) = self.milestones[passed - 1 : passed + 1], self.values[passed - 1 : passed + 1]
        return low + (high - low) * (index - start) / (end - start)
