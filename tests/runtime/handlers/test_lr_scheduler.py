"""Learning rates from event to event."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.handlers.lr_scheduler import ConcatScheduler, LRScheduler, create_lr_scheduler_with_warmup
from scaffold_runtime.handlers.param_scheduler import ParamScheduler, PiecewiseLinear


def optimizer_with(*rates: float) -> Optimizer:
    """An optimizer with a group for each rate."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, momentum=0.9)


def rates_of(schedule: ParamScheduler, num_events: int) -> list[Any]:
    """The rates that a trainer's steps see."""
    optimizer = schedule.optimizer
    seen: list[Any] = []

    def step(engine: Engine[Any, Any], batch: int) -> None:
        rates = [group["lr"] for group in optimizer.param_groups]
        seen.append(rates[0] if len(rates) == 1 else rates)
        optimizer.step()

    trainer: Engine[Any, Any] = Engine(step)
    schedule.attach(trainer)
    trainer.run([0] * num_events)
    return seen


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer: StepLR(optimizer, 2),
        lambda optimizer: CosineAnnealingLR(optimizer, 5),
        lambda optimizer: OneCycleLR(optimizer, 1.0, total_steps=10),
    ],
)
def test_the_rates_are_those_of_torch(make: Any) -> None:
    """Iteration i trains with the rate that torch's own loop would train it with."""
    optimizer = optimizer_with(0.5, 0.25)
    scheduler = make(optimizer)
    expected: list[list[float]] = []
    for _ in range(8):
        expected.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    assert rates_of(LRScheduler(make(optimizer_with(0.5, 0.25))), 8) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.0, 0.5, 1.0, 1.0, 0.5, 0.5]),
        ({"warmup_end_value": 2.0}, [0.0, 1.0, 2.0, 1.0, 1.0, 0.5]),
    ],
)
def test_a_warm_up_leads_to_the_first_rate(options: dict[str, Any], expected: list[float]) -> None:
    """The rate grows in a line; where it ends at what follows, that rate is not repeated."""
    scheduler = StepLR(optimizer_with(1.0), 2, gamma=0.5)
    schedule = create_lr_scheduler_with_warmup(scheduler, 0.0, 3, **options)
    assert rates_of(schedule, 6) == expected


def test_each_group_warms_up_to_its_own_rate() -> None:
    """Two groups with two rates both start from the same one."""
    schedule = create_lr_scheduler_with_warmup(StepLR(optimizer_with(1.0, 0.5), 100), 0.0, 3)
    assert rates_of(schedule, 4) == [[0.0, 0.0], [0.5, 0.25], [1.0, 0.5], [1.0, 0.5]]


@pytest.mark.parametrize("at", [1, 3, 4, 5])
def test_a_saved_schedule_goes_on(at: int) -> None:
    """Saved after any event and loaded into a new one beside the optimizer, it gives the rest of the rates."""

    def make() -> ConcatScheduler:
        return create_lr_scheduler_with_warmup(StepLR(optimizer_with(1.0), 2, gamma=0.5), 0.0, 3)

    first, second = make(), make()
    untouched = rates_of(make(), 8)
    assert rates_of(first, at) == untouched[:at]
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(first.state_dict())
    assert rates_of(second, 8 - at) == untouched[at:]


def test_schedules_follow_each_other() -> None:
    """Each has as many events as its duration, the last one the rest."""
    optimizer = optimizer_with(1.0)
    falling = PiecewiseLinear(optimizer, "lr", [(0, 1.0), (2, 0.0)])
    rising = PiecewiseLinear(optimizer, "lr", [(0, 0.0), (2, 1.0)])
    assert rates_of(ConcatScheduler([falling, rising], [2]), 6) == [1.0, 0.5, 0.0, 0.5, 1.0, 1.0]


def test_one_group_of_several_can_be_meant() -> None:
    """The others keep their values."""
    optimizer = optimizer_with(1.0, 1.0)
    schedule = PiecewiseLinear(optimizer, "lr", [(0, 0.5)], param_group_index=1)
    assert rates_of(schedule, 1) == [[1.0, 0.5]]


def test_the_history_is_kept_where_it_is_asked_for() -> None:
    """The state has the values of all groups, under the parameter's name."""
    optimizer = optimizer_with(1.0)
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    PiecewiseLinear(optimizer, "momentum", [(0, 0.0), (2, 1.0)], save_history=True).attach(trainer)
    trainer.run([0] * 3)
    assert trainer.state.param_history == {"momentum": [[0.0], [0.5], [1.0]]}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: PiecewiseLinear(optimizer_with(1), "lr", []), ValueError, "in the order of events, got \\[\\]"),
        (lambda: PiecewiseLinear(optimizer_with(1), "lr", [(3, 1), (1, 1)]), ValueError, "in the order of events"),
        (lambda: PiecewiseLinear(cast(Any, 3), "lr", [(0, 1)]), TypeError, "should have parameter groups; got a int"),
        (lambda: LRScheduler(cast(Any, 3)), TypeError, "should be a scheduler of torch, got a int"),
        (lambda: ConcatScheduler([], [3]), ValueError, "0 schedules need -1 positive durations"),
        (
            lambda: create_lr_scheduler_with_warmup(StepLR(optimizer_with(1), 1), 0.0, 1),
            ValueError,
            "`warmup_duration` should be at least 2 events, got 1",
        ),
    ],
)
def test_wrong_schedules_are_refused(make: Any, error: type[Exception], message: str) -> None:
    """Each wrong argument is told in a sentence."""
    with pytest.raises(error, match=message):
        make()
