"""Schedules of attributes of an engine's state, which steps, losses and other handlers read."""

import warnings
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..engine.engine import Engine
from ..engine.events import Events, Priority
from .schedules.base import BaseParamScheduler
from .schedules.piecewise_linear import milestones_and_values, on_lines


class StateParamScheduler(BaseParamScheduler):
    """Sets an attribute of an engine's state to the next value of a schedule.

    The first event has the value at 1: what holds before it is the attribute's own value, if it has one.

    Runs on:   `ITERATION_COMPLETED` of the engine, or what `attach` says. It counts events; where several of them
               share a step of the optimizer, each has a value.
    Changes:   `engine.state.<param_name>`; with `save_history` also `engine.state.param_history`.
    Saves:     `event_index`; a resumed run has the value that the saved one had, from its start.
    Processes: each sets its own engine to the same values.

    Args:
        param_name: the attribute.
        save_history: keep the values in `engine.state.param_history`.
        create_new: the attribute is not there yet; an error if it is. Without it, a missing one is a warning.
    """

    def __init__(self, param_name: str, save_history: bool = False, create_new: bool = False) -> None:
        super().__init__(param_name, save_history)
        self.create_new = create_new
        self._value: Any = None  # that was set last

    def attach(self, engine: Engine[Any, Any], event: Any = Events.ITERATION_COMPLETED) -> None:
        """Sets the next value at each `event`.

        Raises:
            ValueError: the attribute is there, and should be new.
        """
        name, is_there = self.param_name, hasattr(engine.state, self.param_name)
        if is_there and self.create_new:
            raise ValueError(
                f"The engine's state has `{name}` already, and `create_new=True` says that it should be new: "
                "another handler may use that name. Choose another one."
            )
        if not is_there:
            if not self.create_new:
                warnings.warn(
                    f"The engine's state has no `{name}`, and gets it. `create_new=True` says that it should.",
                    stacklevel=2,
                )
            setattr(engine.state, name, None)
        engine.add_event_handler(Events.STARTED, self._show, priority=Priority.RESTORE_FIRST)
        engine.add_event_handler(event, self)

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Sets the next value; a step that is done again keeps the one that it had."""
        if self._has_acted(engine):
            return
        self.event_index += 1
        self._value = self.get_param()
        setattr(engine.state, self.param_name, self._value)
        if self.save_history:
            self._remember(engine, self.param_name, self._value)

    def _show(self, engine: Engine[Any, Any]) -> None:
        """A run that goes on has the value that it had."""
        if self._value is not None:
            setattr(engine.state, self.param_name, self._value)

    @classmethod
    def simulate_values(cls, num_events: int, **scheduler_kwargs: Any) -> list[list[Any]]:
        """The values at the first events, as pairs of (event, value).

        Args:
            num_events: how many.
            **scheduler_kwargs: arguments of the schedule.
        """
        scheduler = cls(**{key: value for key, value in scheduler_kwargs.items() if key != "save_history"})
        engine, values = Engine[Any, Any](lambda engine, batch: None), list[list[Any]]()
        for event in range(num_events):
            scheduler(engine)
            values.append([event, getattr(engine.state, scheduler.param_name)])
        return values

    def state_dict(self) -> dict[str, Any]:
        """How far it is."""
        return super().state_dict() | {"value": self._value}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there."""
        super().load_state_dict(state_dict)
        self._value = state_dict.get("value")


class LambdaStateScheduler(StateParamScheduler):
    """Values that a function gives.

    Args:
        lambda_obj: of the event's number, counted from 1. An object with `state_dict` is saved too.
        param_name: the attribute.
        save_history: keep the values in `engine.state.param_history`.
        create_new: the attribute is not there yet.

    Raises:
        ValueError: it is no function.

    Example:
        >>> engine = Engine(lambda engine, batch: None)
        >>> LambdaStateScheduler(lambda event: 10 / event, "temperature", create_new=True).attach(engine)
        >>> engine.run([0] * 4).temperature
        2.5
    """

    def __init__(
        self,
        lambda_obj: Callable[[int], Any],
        param_name: str,
        save_history: bool = False,
        create_new: bool = False,
    ) -> None:
        super().__init__(param_name, save_history, create_new)
        if not callable(lambda_obj):
            raise ValueError(f"`lambda_obj` should be a function of the event's number, got {lambda_obj!r}.")
        self.lambda_obj = lambda_obj
        if hasattr(lambda_obj, "load_state_dict"):
            self._state_attrs += ["lambda_obj"]

    def get_param(self) -> Any:
        """What the function gives for `event_index`."""
        return self.lambda_obj(self.event_index)


class PiecewiseLinearStateScheduler(StateParamScheduler):
    """Values on straight lines between milestones; before the first and after the last they stay.

    Args:
        milestones_values: pairs of (event index, value), in order.
        param_name: the attribute.
        save_history: keep the values in `engine.state.param_history`.
        create_new: the attribute is not there yet.

    Raises:
        TypeError: a milestone is no whole number.
        ValueError: there are no milestones, or they are not in order.

    Example:
        >>> line = {"milestones_values": [(2, 0.0), (4, 1.0)], "param_name": "weight"}
        >>> [value for _, value in PiecewiseLinearStateScheduler.simulate_values(5, **line)]
        [0.0, 0.0, 0.5, 1.0, 1.0]
    """

    def __init__(
        self,
        milestones_values: Sequence[tuple[int, float]],
        param_name: str,
        save_history: bool = False,
        create_new: bool = False,
    ) -> None:
        super().__init__(param_name, save_history, create_new)
        self.milestones, self.values = milestones_and_values(milestones_values)

    def get_param(self) -> float:
        """The value at `event_index`."""
        return on_lines(self.milestones, self.values, self.event_index)


class ExpStateScheduler(StateParamScheduler):
    """Values that shrink, or grow, by the same factor at each event.

    Args:
        initial_value: before the first event.
        gamma: the factor.
        param_name: the attribute.
        save_history: keep the values in `engine.state.param_history`.
        create_new: the attribute is not there yet.

    Example:
        >>> ExpStateScheduler.simulate_values(3, initial_value=8, gamma=0.5, param_name="noise")
        [[0, 4.0], [1, 2.0], [2, 1.0]]
    """

    def __init__(
        self,
        initial_value: float,
        gamma: float,
        param_name: str,
        save_history: bool = False,
        create_new: bool = False,
    ) -> None:
        super().__init__(param_name, save_history, create_new)
        self.initial_value = initial_value
        self.gamma = gamma

    def get_param(self) -> float:
        """The value at `event_index`."""
        return self.initial_value * self.gamma**self.event_index


class StepStateScheduler(StateParamScheduler):
    """Values that change by a factor after each so many events.

    Args:
        initial_value: before the first change.
        gamma: the factor.
        step_size: events between two changes.
        param_name: the attribute.
        save_history: keep the values in `engine.state.param_history`.
        create_new: the attribute is not there yet.

    Example:
        >>> StepStateScheduler.simulate_values(4, initial_value=8, gamma=0.5, step_size=2, param_name="noise")
        [[0, 8.0], [1, 4.0], [2, 4.0], [3, 2.0]]
    """

    def __init__(
        self,
        initial_value: float,
        gamma: float,
        step_size: int,
        param_name: str,
        save_history: bool = False,
        create_new: bool = False,
    ) -> None:
        super().__init__(param_name, save_history, create_new)
        self.initial_value = initial_value
        self.gamma = gamma
        self.step_size = step_size

    def get_param(self) -> float:
        """The value at `event_index`."""
        return self.initial_value * self.gamma ** (self.event_index // self.step_size)


class MultiStepStateScheduler(StateParamScheduler):
    """Values that change by a factor at given events.

    Args:
        initial_value: before the first change.
        gamma: the factor.
        milestones: the events' numbers, in order.
        param_name: the attribute.
        save_history: keep the values in `engine.state.param_history`.
        create_new: the attribute is not there yet.

    Example:
        >>> steps = {"initial_value": 8, "gamma": 0.5, "milestones": [2, 4], "param_name": "noise"}
        >>> MultiStepStateScheduler.simulate_values(4, **steps)
        [[0, 8.0], [1, 4.0], [2, 4.0], [3, 2.0]]
    """

    def __init__(
        self,
        initial_value: float,
        gamma: float,
        milestones: list[int],
        param_name: str,
        save_history: bool = False,
        create_new: bool = False,
    ) -> None:
        super().__init__(param_name, save_history, create_new)
        self.initial_value = initial_value
        self.gamma = gamma
        self.milestones = milestones

    def get_param(self) -> float:
        """The value at `event_index`."""
        return self.initial_value * self.gamma ** bisect_right(self.milestones, self.event_index)
