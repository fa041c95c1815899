"""Schedules that come back: cycles, each perhaps longer and lower than the one before, with warm restarts."""

import math
from typing import Any

from torch.optim import Optimizer

from .optimizer_param import ParamScheduler, Value


class CyclicalScheduler(ParamScheduler):
    """A schedule of cycles; a derived class says how a cycle goes from `start_value` to `end_value`.

    Runs on, changes and processes: as any `ParamScheduler`.
    Saves:     also the cycle, and its size and values, which grow or shrink from cycle to cycle.

    Args:
        optimizer: whose parameter.
        param_name: which.
        start_value: where a cycle begins.
        end_value: where it leads.
        cycle_size: events of the first cycle.
        cycle_mult: how many times as long as the one before each cycle is.
        start_value_mult: what `start_value` is multiplied with at the end of each cycle.
        end_value_mult: what `end_value` is multiplied with there.
        warmup_duration: events of a line that leads back to `start_value`, behind each cycle.
        save_history: keep the values in `engine.state.param_history`.
        param_group_index: the group; all of them if not given.

    Raises:
        ValueError: a cycle has less than two events.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        param_name: str,
        start_value: float,
        end_value: float,
        cycle_size: int,
        cycle_mult: float = 1.0,
        start_value_mult: float = 1.0,
        end_value_mult: float = 1.0,
        warmup_duration: int = 0,
        save_history: bool = False,
        param_group_index: int | None = None,
    ) -> None:
        super().__init__(optimizer, param_name, save_history, param_group_index)
        if cycle_size < 2:
            raise ValueError(f"`cycle_size` should be at least 2 events, got {cycle_size}.")
        self.start_value, self.end_value = start_value, end_value
        self.start_value_mult, self.end_value_mult = start_value_mult, end_value_mult
        self.cycle_size, self.cycle_mult = cycle_size, cycle_mult
        self.warmup_duration = warmup_duration
        self.total_cycle_size = warmup_duration + cycle_size
        self.cycle = 0
        self._state_attrs += ["cycle", "start_value", "end_value"]
        self._state_attrs += ["cycle_size", "warmup_duration", "total_cycle_size"]

    def _next_param(self) -> Value:
        if self.event_index == self.cycle_size:  # before a warm-up, which leads to the new value
            self.start_value *= self.start_value_mult
        if self.event_index == self.total_cycle_size:
            self._begin_cycle()
        if self.event_index > self.cycle_size:
            part = (self.event_index - self.cycle_size) / self.warmup_duration
            return self.end_value + (self.start_value - self.end_value) * part
        return self.get_param()

    def _begin_cycle(self) -> None:
        self.event_index = 0
        self.cycle += 1
        self.cycle_size = int(self.cycle_size * self.cycle_mult)
        self.warmup_duration = int(self.warmup_duration * self.cycle_mult)
        self.total_cycle_size = self.warmup_duration + self.cycle_size
        self.end_value *= self.end_value_mult

    @property
    def _progress(self) -> float:
        return self.event_index / self.cycle_size


class LinearCyclicalScheduler(CyclicalScheduler):
    """From `start_value` to `end_value` and back in straight lines; or only there, with `monotonic`.

    Args:
        *args: as of `CyclicalScheduler`.
        monotonic: a cycle leads to `end_value`, and the next one starts over.
        **kwargs: as of `CyclicalScheduler`.

    Raises:
        ValueError: there is a warm-up behind a cycle that comes back by itself.

    Example:
        >>> arguments = {"param_name": "lr", "start_value": 1.0, "end_value": 0.0, "cycle_size": 4}
        >>> [value for _, value in LinearCyclicalScheduler.simulate_values(6, **arguments)]
        [1.0, 0.5, 0.0, 0.5, 1.0, 0.5]
    """

    def __init__(self, *args: Any, monotonic: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.monotonic = monotonic
        if self.warmup_duration > 0 and not monotonic:
            raise ValueError(
                f"A cycle that comes back needs no warm-up of {self.warmup_duration} events: "
                "give `monotonic=True`, or `warmup_duration=0`."
            )

    def get_param(self) -> float:
        """The value at `event_index` of the cycle."""
        if self.monotonic:
            return self.start_value + (self.end_value - self.start_value) * self._progress
        return self.end_value + (self.start_value - self.end_value) * abs(self._progress - 0.5) * 2


class CosineAnnealingScheduler(CyclicalScheduler):
    r"""From `start_value` to `end_value` along half a cosine; then, a warm restart, from the start again.

    $$v = s + \frac{e - s}{2} \left(1 - \cos \frac{\pi t}{T}\right)$$

    Example:
        >>> arguments = {"param_name": "lr", "start_value": 1.0, "end_value": 0.0, "cycle_size": 4}
        >>> [round(value, 2) for _, value in CosineAnnealingScheduler.simulate_values(6, **arguments)]
        [1.0, 0.85, 0.5, 0.15, 1.0, 0.85]

    References:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """

    def get_param(self) -> float:
        """The value at `event_index` of the cycle."""
        return self.start_value + (self.end_value - self.start_value) / 2 * (1 - math.cos(math.pi * self._progress))
