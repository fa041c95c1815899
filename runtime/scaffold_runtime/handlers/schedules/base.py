"""What all schedules have in common: a count of events, a state, and a picture of what will come."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, cast

from ...engine.engine import Engine


class BaseParamScheduler(ABC):
    """A value that is another one at each event.

    Runs on:   the event that `attach` says.
    Changes:   what the derived class says; with `save_history` it also adds to `engine.state.param_history`.
    Saves:     `event_index`, and whatever else moves; arguments are those of the program that goes on.
    Processes: each computes the same values.

    Args:
        param_name: what the value is of.
        save_history: keep the values in `engine.state.param_history`, by name. A checkpoint has them if
            `engine.state_dict_user_keys` has "param_history".
    """

    def __init__(self, param_name: str, save_history: bool = False) -> None:
        self.param_name = param_name
        self.save_history = save_history
        self.event_index: int = 0
        self._acted_at = 0  # the iteration
        self._state_attrs = ["event_index"]  # attributes that are saved; schedules written for Ignite add theirs

    @abstractmethod
    def get_param(self) -> Any:
        """The value at `event_index`; asking for it changes nothing."""

    @classmethod
    @abstractmethod
    def simulate_values(cls, num_events: int, **scheduler_kwargs: Any) -> list[list[Any]]:
        """The values at the first events, as pairs of (event, value).

        Args:
            num_events: how many.
            **scheduler_kwargs: arguments of the schedule, without the optimizer.
        """

    @classmethod
    def plot_values(cls, num_events: int, **scheduler_kwargs: Any) -> Any:
        """Draws what `simulate_values` gives, with matplotlib.

        Args:
            num_events: how many.
            **scheduler_kwargs: as of `simulate_values`.

        Returns:
            The lines, as `matplotlib.pyplot.plot` gives them.

        Raises:
            ModuleNotFoundError: `matplotlib` is not installed.
        """
        plt: Any = pyplot(f"{cls.__name__}.plot_values")
        values = cls.simulate_values(num_events=num_events, **scheduler_kwargs)
        label = scheduler_kwargs.get("param_name", "learning rate")
        lines = plt.plot([event for event, *_ in values], [entry for _, *entry in values], label=label)
        plt.legend()
        plt.grid(which="both")
        return lines

    def _has_acted(self, engine: Engine[Any, Any] | None) -> bool:
        """Whether this event has been told before: the start of a step that failed, or of an epoch that goes on."""
        if engine is None:
            return False
        before, self._acted_at = self._acted_at, engine.state.iteration
        goes_on = engine.resuming and self.event_index > 0
        return goes_on or (engine.is_repeating and before == self._acted_at)

    def _remember(self, engine: Engine[Any, Any], name: str, value: Any) -> None:
        history: dict[str, list[Any]] | None = getattr(engine.state, "param_history", None)
        if history is None:
            history = engine.state.param_history = {}
        history.setdefault(name, []).append(value)

    def state_dict(self) -> dict[str, Any]:
        """How far it is."""
        values = {name: getattr(self, name) for name in self._state_attrs}
        return {name: _saved(value) for name, value in values.items()} | {"acted_at": self._acted_at}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there.

        Raises:
            TypeError: it is no mapping.
            ValueError: something is missing.
        """
        if not isinstance(state_dict, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"The state of a schedule should be a mapping, got a {type(state_dict).__name__}.")
        for name in self._state_attrs:
            if name not in state_dict:
                found = ", ".join(map(repr, state_dict)) or "nothing"
                raise ValueError(f"The state of a {type(self).__name__} should have {name!r}; this one has {found}.")
            value: Any = state_dict[name]
            own = getattr(self, name)
            if isinstance(value, Mapping) and hasattr(own, "load_state_dict"):
                own.load_state_dict(value)
            else:
                setattr(self, name, copy.copy(cast("Any", value)))
        self._acted_at = state_dict.get("acted_at", 0)


def _saved(value: Any) -> Any:
    return value.state_dict() if hasattr(value, "state_dict") else copy.copy(value)


def pyplot(wanted_by: str) -> Any:
    """`matplotlib.pyplot`, imported now.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        from matplotlib import pyplot as plt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"`{wanted_by}` needs the package `matplotlib`, which is not installed: `pip install matplotlib`."
        ) from error
    return plt
