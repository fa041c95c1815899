"""Learning rates from event to event."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, OneCycleLR, ReduceLROnPlateau, StepLR

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.engine.supervised import create_supervised_trainer
from scaffold_runtime.handlers.param_scheduler import (
    ConcatScheduler,
    LRScheduler,
    ParamScheduler,
    PiecewiseLinear,
    create_lr_scheduler_with_warmup,
)


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


def trainer_of(rates: list[float], steps: int = 1, **options: Any) -> tuple[Optimizer, Engine[Any, Any]]:
    """A trainer with windows of so many batches; each step of its optimizer notes its rate."""
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    loss = nn.functional.mse_loss
    return optimizer, create_supervised_trainer(model, optimizer, loss, gradient_accumulation_steps=steps, **options)


BATCH = (torch.ones(1, 2), torch.zeros(1, 1))


class Stream:
    """Ten batches that do not tell how many they are."""

    def __iter__(self) -> Any:
        return iter([BATCH] * 10)


@pytest.mark.parametrize("data", [[BATCH] * 10, Stream()])
@pytest.mark.parametrize("saved_at", [None, 4, 8, 14])
def test_each_step_of_the_optimizer_has_its_own_rate(data: Any, saved_at: int | None) -> None:
    """Ten batches in windows of 4, 4 and 2 are three steps; a resumed run goes on with the rate that is next."""
    rates: list[float] = []

    def make() -> tuple[Engine[Any, Any], LRScheduler, Optimizer]:
        optimizer, trainer = trainer_of(rates, steps=4)
        schedule = LRScheduler(LinearLR(optimizer, 1.0, 0.0, total_iters=8))
        schedule.attach(trainer)
        return trainer, schedule, optimizer

    trainer, schedule, optimizer = make()
    if saved_at is not None:
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=saved_at), trainer.terminate)
    trainer.run(data, max_epochs=2)
    if saved_at is not None:
        before = (trainer, schedule, optimizer)
        goes_on = make()
        for new, old in zip(goes_on[::-1], before[::-1], strict=True):
            new.load_state_dict(old.state_dict())
        goes_on[0].run(data)
    assert rates == pytest.approx([1 - step / 8 for step in range(6)])


def test_a_step_that_the_scaler_skips_keeps_the_rate() -> None:
    """The first steps overflow: the rate waits for the first that does not. A run saved meanwhile keeps it as well."""
    rates: list[float] = []
    scaler = GradScaler("cpu", init_scale=2.0**20, growth_interval=1000)
    optimizer, trainer = trainer_of(rates, amp_mode="amp", amp_dtype=torch.float16, scaler=scaler)
    schedule = LRScheduler(StepLR(optimizer, 1, gamma=0.5))
    schedule.attach(trainer)
    trainer.add_event_handler(
        Events.ITERATION_COMPLETED(once=2), lambda: schedule.load_state_dict(schedule.state_dict())
    )
    trainer.run([(torch.ones(4, 2), torch.ones(4, 1) * 10)] * 16)
    assert 3 < len(rates) < 14  # some were skipped, some not
    assert rates == [0.5**step for step in range(len(rates))]


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("resumes", [True, False])
@pytest.mark.parametrize("warmup", [True, False])
def test_a_step_that_is_done_again_has_its_rate_again(explicit: bool, resumes: bool, warmup: bool) -> None:
    """After a failure the step's start is told once more; the schedule has acted already, also where it was saved."""
    fails, rates = [3], []

    def make() -> tuple[Engine[Any, Any], ParamScheduler]:
        optimizer = optimizer_with(1.0)
        scheduler = StepLR(optimizer, 1, gamma=0.5)
        schedule = create_lr_scheduler_with_warmup(scheduler, 0.0, 2) if warmup else LRScheduler(scheduler)

        def step(engine: Engine[Any, Any], batch: int) -> None:
            if engine.state.iteration in fails:
                fails.clear()
                raise MemoryError
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()

        trainer: Engine[Any, Any] = Engine(step)
        if explicit:
            trainer.add_event_handler(Events.ITERATION_STARTED, schedule)
        else:
            schedule.attach(trainer)
        return trainer, schedule

    trainer, schedule = make()
    with pytest.raises(MemoryError):
        trainer.run([0] * 6, max_epochs=1)
    if resumes:
        states = (trainer.state_dict(), schedule.state_dict(), schedule.optimizer.state_dict())
        trainer, schedule = make()
        for new, state in zip((trainer, schedule, schedule.optimizer), states, strict=True):
            new.load_state_dict(state)
    trainer.run([0] * 6, max_epochs=1)
    assert rates == ([0.0] if warmup else []) + [0.5**step for step in range(5 if warmup else 6)]


def test_a_new_run_of_one_iteration_is_no_repetition() -> None:
    """A run that starts over at the same iteration moves the rate."""
    optimizer = optimizer_with(1.0)
    schedule, trainer = LRScheduler(StepLR(optimizer, 1, gamma=0.5)), Engine[Any, Any](lambda *_: optimizer.step())
    trainer.add_event_handler(Events.ITERATION_STARTED, schedule)
    for expected in (1.0, 0.5, 0.25):
        trainer.run([0])
        assert optimizer.param_groups[0]["lr"] == expected


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


def test_a_schedule_is_called_by_hand() -> None:
    """Each call sets the next rate, whether the engine that it is given has run, was loaded or has done nothing."""
    optimizer = optimizer_with(1)
    schedule = LRScheduler(StepLR(optimizer, 1, gamma=0.5))
    idle: Engine[Any, Any] = Engine(lambda engine, batch: None)
    finished: Engine[Any, Any] = Engine(lambda engine, batch: None)
    finished.run([0, 1])
    loaded: Engine[Any, Any] = Engine(lambda engine, batch: None)
    loaded.load_state_dict({"epoch_length": 2, "iteration": 2, "max_epochs": 3})
    rates: list[float] = []
    for engine in (idle, idle, finished, finished, loaded, loaded, None):
        schedule(engine)
        optimizer.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == [0.5**step for step in range(7)]


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


def lines(number: int, durations: Any) -> ConcatScheduler:
    """Schedules of an optimizer each."""
    return ConcatScheduler([PiecewiseLinear(optimizer_with(1), "lr", [(0, 1)]) for _ in range(number)], durations)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: PiecewiseLinear(optimizer_with(1), "lr", []), ValueError, "in the order of events, got \\[\\]"),
        (lambda: PiecewiseLinear(optimizer_with(1), "lr", [(3, 1), (1, 1)]), ValueError, "in the order of events"),
        (lambda: PiecewiseLinear(cast(Any, 3), "lr", [(0, 1)]), TypeError, "should have parameter groups; got a int"),
        (lambda: LRScheduler(cast(Any, 3)), TypeError, "should be a scheduler of torch, got a int"),
        (
            lambda: LRScheduler(ReduceLROnPlateau(optimizer_with(1))),
            TypeError,
            "^`ReduceLROnPlateau` steps with a score",
        ),
        (
            lambda: create_lr_scheduler_with_warmup(ReduceLROnPlateau(optimizer_with(1)), 0.0, 2),
            TypeError,
            "^`ReduceLROnPlateau` steps with a score",
        ),
        (
            lambda: PiecewiseLinear(optimizer_with(1), "lr", [(0.5, 1)]),
            TypeError,
            "should be counts of events, got \\[0.5",
        ),
        (lambda: create_lr_scheduler_with_warmup(cast(Any, 3), 0.0, 2), TypeError, "a scheduler of torch, got a int"),
        (lambda: ConcatScheduler([], [3]), ValueError, "0 schedules need -1 positive durations"),
        (lambda: ConcatScheduler(cast(Any, [1, 2]), [3]), TypeError, "schedules that are handlers, got \\[1, 2"),
        (lambda: lines(2, ["3"]), ValueError, "2 schedules need 1 positive durations, got \\['3'"),
        (lambda: lines(2, [3]), ValueError, "should be of the same parameter of the same optimizer"),
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
