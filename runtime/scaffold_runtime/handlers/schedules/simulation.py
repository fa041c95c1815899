"""Trying schedules out beforehand, without a trace."""

import copy
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from torch import Tensor


@contextmanager
def left_as_they_are(schedules: Iterable[Any], optimizer: Any) -> Generator[None]:
    """Whatever is done within, schedules and the parameters of their optimizer are as before when it ends.

    Args:
        schedules: those of torch and handlers alike: what has a state.
        optimizer: its weights and their states are not looked at.
    """
    states = [(schedule, copy.deepcopy(schedule.state_dict())) for schedule in schedules]
    params = [
        {key: _copied(value) for key, value in group.items() if key != "params"} for group in optimizer.param_groups
    ]
    has_stepped = getattr(optimizer, "_opt_called", None)
    optimizer._opt_called = True  # else torch warns that its schedulers go before the optimizer
    try:
        yield
    finally:
        for schedule, state in states:
            schedule.load_state_dict(state)
        for group, values in zip(optimizer.param_groups, params, strict=True):
            for key, value in values.items():
                if isinstance(value, Tensor):
                    group[key].copy_(value)
                else:
                    group[key] = value
        if has_stepped is None:
            del optimizer._opt_called
        else:
            optimizer._opt_called = has_stepped


def _copied(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value
