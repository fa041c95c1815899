"""One schedule after the other."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, cast

from .optimizer_param import ParamScheduler
from .param_group import ParamGroupScheduler
from .simulation import left_as_they_are


class ConcatScheduler(ParamScheduler):
    """One schedule after the other.

    Runs on, changes and processes: as any `ParamScheduler`.
    Saves:     how far all of them are.

    Args:
        schedulers: of the same parameter of the same optimizer.
        durations: events of each but the last.
        save_history: keep the values in `engine.state.param_history`.

    Raises:
        TypeError: a schedule is none, or there are no lists.
        ValueError: the numbers of schedules and durations do not fit, or the schedules are of different parameters.

    Example:
        >>> import torch
        >>> from .piecewise_linear import PiecewiseLinear
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> up, down = (PiecewiseLinear(optimizer, "lr", [(0, a), (2, b)]) for a, b in ((0.0, 1.0), (1.0, 0.0)))
        >>> ConcatScheduler.simulate_values(5, schedulers=[up, down], durations=[2])
        [[0, 0.0], [1, 0.5], [2, 1.0], [3, 0.5], [4, 0.0]]
    """

    def __init__(
        self,
        schedulers: list[ParamScheduler | ParamGroupScheduler] | list[ParamScheduler],
        durations: list[int],
        save_history: bool = False,
    ) -> None:
        if not isinstance(schedulers, Sequence) or not isinstance(durations, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"`schedulers` and `durations` should be lists, got {schedulers!r} and {durations!r}.")
        if not all(isinstance(scheduler, (ParamScheduler, ParamGroupScheduler)) for scheduler in schedulers):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"`schedulers` should be schedules that are handlers, got {schedulers}.")
        are_counts = all(isinstance(duration, Integral) and duration > 0 for duration in durations)  # pyright: ignore[reportUnnecessaryIsInstance]
        if len(schedulers) != len(durations) + 1 or not are_counts:
            raise ValueError(
                f"{len(schedulers)} schedules need {len(schedulers) - 1} positive durations, got {durations}."
            )
        optimizers = [each for schedule in schedulers for each in _as_list(schedule.optimizer)]
        names = {name for schedule in schedulers for name in _as_list(schedule.param_name)}
        if len({id(optimizer) for optimizer in optimizers}) > 1 or len(names) > 1:
            raise ValueError("Schedules that follow each other should be of the same parameter of the same optimizer.")
        super().__init__(optimizers[0], names.pop(), save_history)
        self.schedulers: Sequence[ParamScheduler | ParamGroupScheduler] = schedulers
        self.durations = durations
        self._acting = schedulers[0]

    def _set_next(self) -> None:
        self._acting = self._current()
        self._acting(None)

    def _current(self) -> ParamScheduler | ParamGroupScheduler:
        end = 0
        for scheduler, duration in zip(self.schedulers, self.durations, strict=False):
            end += duration
            if self.event_index < end:
                return scheduler
        return self.schedulers[-1]

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups that the schedule sets that acted last."""
        return self._acting.optimizer_param_groups

    def get_param(self) -> Any:
        """The next value of the schedule whose turn it is."""
        return self._current().get_param()

    @classmethod
    def simulate_values(  # pyright: ignore[reportIncompatibleMethodOverride]  # as in Ignite
        cls,
        num_events: int,
        schedulers: list[ParamScheduler | ParamGroupScheduler] | list[ParamScheduler],
        durations: list[int],
        param_names: Sequence[str] | None = None,
    ) -> list[list[Any]]:
        """The values at the first events, as lists of (event, value of each group); the schedules stay as they are.

        Args:
            num_events: how many.
            schedulers: as of the schedule.
            durations: as of the schedule.
            param_names: what of the groups to give; the parameter that the schedules are of if not given.
        """
        row = cls(schedulers, durations)
        values: list[list[Any]] = []
        with left_as_they_are(schedulers, row.optimizer):
            for event in range(num_events):
                row(None)
                groups, names = row.optimizer_param_groups, param_names or [row.param_name]
                values.append([event, *(group[name] for name in names for group in groups)])
        return values

    def state_dict(self) -> dict[str, Any]:
        """How far all of them are."""
        return {**super().state_dict(), "schedulers": [entry.state_dict() for entry in self.schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there, also from a state that PyTorch-Ignite has saved.

        Raises:
            ValueError: it is of another number of schedules.
        """
        if "_scheduler_index" in state_dict:
            state_dict = _saved_by_ignite(state_dict)
        states: list[Any] = state_dict["schedulers"]
        if len(states) != len(self.schedulers):
            raise ValueError(f"The state is of {len(states)} schedules, and there are {len(self.schedulers)}.")
        super().load_state_dict(state_dict)
        for scheduler, state in zip(self.schedulers, states, strict=True):
            scheduler.load_state_dict(state)


def _saved_by_ignite(state: Mapping[str, Any]) -> dict[str, Any]:
    """A row of schedules as it is saved here; Ignite counts down, and has a schedule of its own for each group."""
    durations: list[int] = state["durations"]
    index: int = state["_scheduler_index"]
    done = [*durations, -1][index] - state["_current_duration"]  # the last one counts down from -1
    schedulers = [entry if "event_index" in entry else entry["schedulers"][0][1] for entry in state["schedulers"]]
    return {"event_index": sum(durations[:index]) + done, "schedulers": schedulers}


def _as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
