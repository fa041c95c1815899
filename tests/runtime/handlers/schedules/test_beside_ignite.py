"""Schedules of both libraries give the same values, event for event."""

import warnings

import pytest
import torch
from torch.optim.lr_scheduler import ExponentialLR, LambdaLR, OneCycleLR, StepLR

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    from ignite import engine as their_engine
    from ignite import handlers as their_handlers

from scaffold_runtime import engine, handlers

CYCLES = {"param_name": "lr", "start_value": 1.0, "end_value": 0.1, "cycle_size": 5}


def two_groups(name=""):
    """An optimizer with two groups, each with a rate of its own."""
    rates = (0.5,) if "one group" in name else (0.5, 0.25)  # Ignite warms up only the first one right there
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, momentum=0.9)


def one_each(lib, optimizer, ends):
    """A line for each group."""
    return [
        lib.PiecewiseLinear(optimizer, "lr", [(1, end), (7, end / 3)], param_group_index=index)
        for index, end in enumerate(ends)
    ]


SCHEDULES = {
    "line": lambda lib, opt: lib.PiecewiseLinear(opt, "lr", [(2, 0.5), (6, 1.0), (6, 0.3), (9, 0.1)]),
    "cycle": lambda lib, opt: lib.LinearCyclicalScheduler(opt, **CYCLES),
    "growing": lambda lib, opt: lib.LinearCyclicalScheduler(opt, **CYCLES, cycle_mult=1.6, end_value_mult=0.5),
    "there": lambda lib, opt: lib.LinearCyclicalScheduler(opt, **CYCLES, monotonic=True, warmup_duration=3),
    "cosine": lambda lib, opt: lib.CosineAnnealingScheduler(opt, **CYCLES, param_group_index=1),
    "restarts": lambda lib, opt: lib.CosineAnnealingScheduler(
        opt, **CYCLES, cycle_mult=1.5, start_value_mult=0.8, end_value_mult=0.5, warmup_duration=2
    ),
    "momentum": lambda lib, opt: lib.CosineAnnealingScheduler(opt, **CYCLES | {"param_name": "momentum"}),
    "groups": lambda lib, opt: lib.ParamGroupScheduler(one_each(lib, opt, (1.0, 0.6)), names=["a", "b"]),
    "row": lambda lib, opt: lib.ConcatScheduler(
        [lib.LinearCyclicalScheduler(opt, **CYCLES), lib.CosineAnnealingScheduler(opt, **CYCLES)], durations=[7]
    ),
    "row of groups": lambda lib, opt: lib.ConcatScheduler(
        [lib.ParamGroupScheduler(one_each(lib, opt, ends)) for ends in ((1.0, 0.6), (0.2, 0.1))], durations=[4]
    ),
    "steps": lambda lib, opt: lib.LRScheduler(StepLR(opt, 3, 0.5)),
    "function": lambda lib, opt: lib.LRScheduler(LambdaLR(opt, lambda step: 1 / (1 + step))),
    "one cycle": lambda lib, opt: lib.LRScheduler(OneCycleLR(opt, 0.9, total_steps=30, cycle_momentum=False)),
    "warm-up": lambda lib, opt: lib.create_lr_scheduler_with_warmup(ExponentialLR(opt, 0.8), 0.0, 4),
    "warm-up to another rate, one group": lambda lib, opt: lib.create_lr_scheduler_with_warmup(
        ExponentialLR(opt, 0.8), 0.0, 4, warmup_end_value=0.9
    ),
    "warm-up to a cosine": lambda lib, opt: lib.create_lr_scheduler_with_warmup(
        lib.CosineAnnealingScheduler(opt, **CYCLES), 0.0, 4, warmup_end_value=1.0
    ),
    "warm-up to a lower cosine": lambda lib, opt: lib.create_lr_scheduler_with_warmup(
        lib.CosineAnnealingScheduler(opt, **CYCLES), 0.0, 4
    ),
}
both = pytest.mark.parametrize("name", SCHEDULES)


def outcome(lib, engines, name, saved_at=None):
    """What groups have at each of twenty events, and what the history has."""
    optimizer, seen = two_groups(name), []
    schedule = SCHEDULES[name](lib, optimizer)
    schedule.save_history = True

    def step(engine, batch):
        seen.append([(group["lr"], group["momentum"]) for group in optimizer.param_groups])
        optimizer.step()

    trainer = engines.Engine(step)
    trainer.add_event_handler(engines.Events.ITERATION_STARTED, schedule)
    trainer.run([0] * 20, max_epochs=1)
    return seen, trainer.state.param_history


@both
def test_values(name):
    """Twenty events have the values that they have there, and so has the history."""
    ours, our_history = outcome(handlers, engine, name)
    theirs, their_history = outcome(their_handlers, their_engine, name)
    for own, there in zip(ours, theirs, strict=True):
        assert own == [pytest.approx(values) for values in there]
    assert len({str(values) for values in ours}) > 3
    assert set(our_history) == set(their_history)
    for key, values in our_history.items():
        numbers = [number for entry in values for number in entry]
        assert numbers == pytest.approx([number for entry in their_history[key] for number in entry])


@pytest.mark.parametrize("name", [name for name in SCHEDULES if "rate" not in name and "of groups" not in name])
def test_a_state_is_taken_over_from_ignite(name):
    """What was saved there after any number of events goes on here with the values that follow there."""
    for done in (1, 3, 5, 6, 9):
        their_optimizer, our_optimizer = two_groups(name), two_groups(name)
        written, read = SCHEDULES[name](their_handlers, their_optimizer), SCHEDULES[name](handlers, our_optimizer)
        for _ in range(done):
            written(None)
        our_optimizer.load_state_dict(their_optimizer.state_dict())
        read.load_state_dict(written.state_dict())
        for _ in range(10):
            written(None)
            our_optimizer.step()
            read(None)
            for own, there in zip(our_optimizer.param_groups, their_optimizer.param_groups, strict=True):
                assert own["lr"] == pytest.approx(there["lr"])
                assert own["momentum"] == pytest.approx(there["momentum"])


STATE_SCHEDULES = {
    "LambdaStateScheduler": {"lambda_obj": lambda event: 1 / event},
    "PiecewiseLinearStateScheduler": {"milestones_values": [(2, 0.5), (6, 1.0), (6, 0.3), (9, 0.1)]},
    "ExpStateScheduler": {"initial_value": 3.0, "gamma": 0.7},
    "StepStateScheduler": {"initial_value": 3.0, "gamma": 0.7, "step_size": 3},
    "MultiStepStateScheduler": {"initial_value": 3.0, "gamma": 0.7, "milestones": [2, 5, 5]},
}


@pytest.mark.parametrize("name", STATE_SCHEDULES)
def test_values_of_attributes(name):
    """Attributes of the state have the values that they have there, in a run, its history and the simulation."""
    found = []
    for lib, engines in ((handlers, engine), (their_handlers, their_engine)):
        kind, kwargs = getattr(lib, name), {**STATE_SCHEDULES[name], "param_name": "value"}
        schedule = kind(**kwargs, save_history=True, create_new=True)
        trainer, seen = engines.Engine(lambda *_: None), []
        schedule.attach(trainer, engines.Events.EPOCH_COMPLETED)
        trainer.add_event_handler(engines.Events.EPOCH_COMPLETED, lambda t: seen.append(t.state.value))  # noqa: B023
        trainer.run([0], max_epochs=10)
        simulated = kind.simulate_values(10, **kwargs)
        assert simulated == [[event, value] for event, value in enumerate(seen)]
        assert trainer.state.param_history == {"value": seen}
        found.append(seen)
    assert found[0] == pytest.approx(found[1])


SIMULATED = {
    "LinearCyclicalScheduler": CYCLES,
    "CosineAnnealingScheduler": {**CYCLES, "cycle_mult": 1.5, "warmup_duration": 2},
    "PiecewiseLinear": {"param_name": "lr", "milestones_values": [(2, 0.5), (6, 1.0)]},
    "BatchSizeScheduler": {"scheduler_fn": lambda event: 2**event},
}


@pytest.mark.parametrize("name", SIMULATED)
def test_simulated_values(name):
    """What a class says beforehand is what Ignite's says."""
    ours, theirs = (getattr(lib, name).simulate_values(12, **SIMULATED[name]) for lib in (handlers, their_handlers))
    assert ours == [pytest.approx(row) for row in theirs]


@pytest.mark.parametrize("name", ["row", "groups", "steps", "function"])
def test_simulated_values_of_schedules(name):
    """What schedules of an optimizer say beforehand is what Ignite's say, and leaves all as it is."""
    found = []
    for lib in (handlers, their_handlers):
        optimizer = two_groups()
        schedule = SCHEDULES[name](lib, optimizer)
        arguments = {
            "row": lambda s: {"schedulers": s.schedulers, "durations": s.durations},
            "groups": lambda s: {"schedulers": s.schedulers},
        }.get(name, lambda s: {"lr_scheduler": s.lr_scheduler})(schedule)
        found.append(type(schedule).simulate_values(12, **arguments))
        assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]
        if lib is handlers:
            values = [
                schedule(None) or [optimizer.step(), *(group["lr"] for group in optimizer.param_groups)][1:]
                for _ in range(12)
            ]
            assert values == [pytest.approx(row[1:]) for row in found[0]]
    assert found[0] == [pytest.approx(row) for row in found[1]]


def test_simulated_values_of_a_warm_up():
    """The list that is given has the values of the whole row."""
    found = []
    for lib in (handlers, their_handlers):
        values = [None] * 10
        lib.create_lr_scheduler_with_warmup(ExponentialLR(two_groups(), 0.8), 0.0, 4, output_simulated_values=values)
        found.append(values)
    assert found[0] == [pytest.approx(row) for row in found[1]]


@pytest.mark.parametrize("options", [{}, {"patience": 1, "factor": 0.3}, {"mode": "max", "patience": 0}])
def test_plateaus(options):
    """The rates after each value of the metric are the same."""
    scores = [1.0, 0.9, 0.9, 0.95, 0.9, 0.8, 0.8, 0.8, 0.8, 0.9, 0.9, 0.9]
    ours, theirs = (
        lib.ReduceLROnPlateauScheduler.simulate_values(len(scores), scores, 1.0, **options)
        for lib in (handlers, their_handlers)
    )
    assert ours == [pytest.approx(row) for row in theirs]


def test_a_plateau_of_a_validation():
    """The evaluator's metric moves the rate, which enters the trainer's history."""
    found = []
    for lib, engines in ((handlers, engine), (their_handlers, their_engine)):
        optimizer, scores = two_groups(), iter([1.0, 0.9, 0.9, 0.9, 0.9, 0.8])
        trainer, evaluator = engines.Engine(lambda *_: None), engines.Engine(lambda *_: None)
        schedule = lib.ReduceLROnPlateauScheduler(optimizer, "loss", trainer, True, patience=1, factor=0.5)

        @evaluator.on(engines.Events.COMPLETED)
        def measure(engine, scores=scores):
            engine.state.metrics["loss"] = next(scores)

        evaluator.add_event_handler(engines.Events.COMPLETED, schedule)
        trainer.add_event_handler(engines.Events.EPOCH_COMPLETED, lambda _, e=evaluator: e.run([0]))
        trainer.run([0], max_epochs=6)
        found.append(trainer.state.param_history)
    assert found[0] == found[1]
    assert found[0]["lr"][-1] == [0.25, 0.125]
