"""Several schedules side by side, each of its own parameter group or parameter."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from ...engine.engine import Engine
from ...engine.events import Events
from .optimizer_param import ParamScheduler
from .simulation import left_as_they_are


class ParamGroupScheduler:
    """Several schedules as one: of the parameter groups of an optimizer, of several parameters, or of optimizers.

    Runs on:   as `ParamScheduler`.
    Changes:   what its schedules change.
    Saves:     how far each of them is, by name.
    Processes: each sets its own optimizer to the same values.

    Args:
        schedulers: the schedules.
        names: of the schedules, in the history; their parameters' names if not given.
        save_history: keep the values in `engine.state.param_history`.

    Raises:
        TypeError: it is no list of schedules, or of names.
        ValueError: a schedule is none, or there is not one name for each.

    Example:
        >>> import torch
        >>> from .piecewise_linear import PiecewiseLinear
        >>> optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)]}], lr=1.0)
        >>> lines = [
        ...     PiecewiseLinear(optimizer, "lr", [(0, start), (2, 0.0)], param_group_index=group)
        ...     for group, start in enumerate((1.0, 4.0))
        ... ]
        >>> ParamGroupScheduler.simulate_values(3, lines)
        [[0, 1.0, 4.0], [1, 0.5, 2.0], [2, 0.0, 0.0]]
    """

    def __init__(
        self, schedulers: Sequence[ParamScheduler], names: Sequence[str] | None = None, save_history: bool = False
    ) -> None:
        if not isinstance(schedulers, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`schedulers` should be a list of schedules, got {schedulers!r}.")
        if not all(isinstance(scheduler, ParamScheduler) for scheduler in schedulers):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"`schedulers` should be schedules that are handlers, got {schedulers}.")
        if not isinstance(names, (list, tuple, type(None))):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`names` should be a list of names, got {names!r}.")
        names = [scheduler.param_name for scheduler in schedulers] if names is None else list(names)
        if len(names) != len(schedulers) or not all(isinstance(name, str) for name in names):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"{len(schedulers)} schedules need as many names, got {names}.")
        self.schedulers = schedulers
        self.names = names
        self.save_history = save_history
        self.optimizer = [scheduler.optimizer for scheduler in schedulers]
        self.param_name = [scheduler.param_name for scheduler in schedulers]

    @property
    def save_history(self) -> bool:
        """Keep the values in `engine.state.param_history`."""
        return self.schedulers[0].save_history

    @save_history.setter
    def save_history(self, value: bool) -> None:
        for scheduler in self.schedulers:
            scheduler.save_history = value

    def attach(self, engine: Engine[Any, Any], event: Any = Events.ITERATION_STARTED) -> None:
        """Attaches each of the schedules; see `ParamScheduler.attach`."""
        for scheduler, name in zip(self.schedulers, self.names, strict=True):
            scheduler.attach(engine, event, name=name)

    def __call__(self, engine: Engine[Any, Any] | None, name: str | None = None) -> None:
        """Sets the next value of each; in the history they have their own names."""
        for scheduler, own_name in zip(self.schedulers, self.names, strict=True):
            scheduler(engine, own_name)

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups that they set."""
        return [group for scheduler in self.schedulers for group in scheduler.optimizer_param_groups]

    def get_param(self) -> list[Any]:
        """The next values."""
        return [scheduler.get_param() for scheduler in self.schedulers]

    @classmethod
    def simulate_values(cls, num_events: int, schedulers: Sequence[ParamScheduler], **kwargs: Any) -> list[list[Any]]:
        """The values at the first events, as lists of (event, value of each schedule); the schedules stay as they are.

        Args:
            num_events: how many.
            schedulers: the schedules.
            **kwargs: further arguments of the handler.
        """
        values: list[list[Any]] = []
        with ExitStack() as stack:
            for scheduler in schedulers:
                stack.enter_context(left_as_they_are([scheduler], scheduler.optimizer))
            group = cls(schedulers, **kwargs)
            for event in range(num_events):
                values.append([event, *group.get_param()])
                group(None)
        return values

    def state_dict(self) -> dict[str, Any]:
        """How far each is."""
        states = zip(self.names, (scheduler.state_dict() for scheduler in self.schedulers), strict=True)
        return {"schedulers": list(states)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there.

        Raises:
            TypeError: it is no mapping.
            ValueError: it is of other schedules.
        """
        if not isinstance(state_dict, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"The state of schedules should be a mapping, got a {type(state_dict).__name__}.")
        if "schedulers" not in state_dict:
            raise ValueError(f"The state should have 'schedulers'; this one has {', '.join(map(repr, state_dict))}.")
        saved: list[tuple[str, Any]] = state_dict["schedulers"]
        if [name for name, _ in saved] != list(self.names):
            raise ValueError(f"The state is of {[name for name, _ in saved]}, and the schedules are {self.names}.")
        for scheduler, (_, state) in zip(self.schedulers, saved, strict=True):
            scheduler.load_state_dict(state)
