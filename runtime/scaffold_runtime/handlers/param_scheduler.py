"""Handlers that change a parameter of an optimizer, such as its learning rate, from event to event."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, cast

from torch.optim import Optimizer

from ..engine.engine import Engine
from ..engine.events import Events
from .optimizer_steps import OptimizerSteps

Value = float | list[float]


class ParamScheduler(ABC):
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
        self.optimizer = optimizer
        self.param_name = param_name
        self.save_history = save_history
        self.param_group_index = param_group_index
        self.event_index = 0
        self._acted_at = 0  # the iteration
        tells = isinstance(cast("object", optimizer), Optimizer)
        self._steps = OptimizerSteps(optimizer) if tells else None

    @abstractmethod
    def get_param(self) -> Value:
        """The value at `event_index`, for all groups or one for each."""

    def attach(self, engine: Engine[Any, Any], event: Any = Events.ITERATION_STARTED) -> None:
        """Sets the next value where an iteration starts, if the optimizer has used the one before.

        So each step of the optimizer has the next value, also where it shares several batches, or a scaler skips it. An
        iteration of several steps has one value.

        Args:
            engine: the trainer.
            event: another event, at each of which the next value is set whatever the optimizer does.
        """
        engine.add_event_handler(event, self._set_if_used if event is Events.ITERATION_STARTED else self)

    def _set_if_used(self, engine: Engine[Any, Any]) -> None:
        if self.event_index == 0 or self._is_used:
            self(engine)
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

    def _has_acted(self, engine: Engine[Any, Any] | None) -> bool:
        """Whether this start of an iteration has been, before the step failed; notes that it has."""
        if engine is None:
            return False
        before, self._acted_at = self._acted_at, engine.state.iteration
        return engine.is_repeating and before == self._acted_at

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
        return {"event_index": self.event_index, "is_used": self._is_used, "acted_at": self._acted_at}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there."""
        self.event_index = state_dict["event_index"]
        self._acted_at = state_dict.get("acted_at", 0)
        if self._steps is not None:
            self._steps.came = state_dict.get("is_used", True)
            self._steps.seen = not self._steps.came


class PiecewiseLinear(ParamScheduler):
    """Values on straight lines between milestones; before the first and after the last they stay.

    Args:
        optimizer: whose parameter.
        param_name: which.
        milestones_values: pairs of (event index, value), in order.
        save_history: keep the values in `engine.state.param_history`.
        param_group_index: the group; all of them if not given.

    Raises:
        TypeError: a milestone is no whole number.
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
        if not all(isinstance(milestone, int) for milestone in self.milestones):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"Milestones should be counts of events, got {self.milestones}.")
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
