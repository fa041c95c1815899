"""The learning rate is what the schedule's description says."""

from typing import Literal

import pytest
import torch
from project_name.optim import OptimizerConfig, make_scheduler

Schedule = Literal["none", "cosine", "linear", "one-cycle"]


def rates_of(schedule: Schedule, num_steps: int) -> list[float]:
    """The rates of a run's steps and, behind them, the one that is left; the peak is 2."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    config = OptimizerConfig(schedule=schedule)
    scheduler = make_scheduler(optimizer, config, epochs=1, batches_per_epoch=num_steps)
    rates: list[float] = []
    for _ in range(num_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return [*rates, optimizer.param_groups[0]["lr"]]


@pytest.mark.parametrize("num_steps", [1, 2, 5, 100])
@pytest.mark.parametrize("schedule", ["cosine", "linear", "one-cycle"])
def test_it_rises_to_the_peak_and_falls_to_nothing(schedule: Schedule, num_steps: int) -> None:
    """Over any number of steps the rate reaches its peak at the end of the warm-up and ends near zero."""
    *rates, left = rates_of(schedule, num_steps)
    peak = rates.index(max(rates))
    assert rates[peak] == pytest.approx(2.0)
    assert left == pytest.approx(0.0 if num_steps > 1 else 2.0)
    assert rates == sorted(rates[: peak + 1]) + sorted(rates[peak + 1 :])[::-1]


def test_without_a_schedule_it_stays() -> None:
    """All steps have the rate that was asked for."""
    assert rates_of("none", 5) == [2.0] * 6
