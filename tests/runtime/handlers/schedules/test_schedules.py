"""What schedules do that Ignite's do not: they go on exactly, may be asked, and follow the optimizer."""

import gc
import weakref

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, ExponentialLR, OneCycleLR, SequentialLR, StepLR
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events, create_supervised_trainer
from scaffold_runtime.handlers import (
    BatchSizeScheduler,
    Checkpoint,
    ConcatScheduler,
    CosineAnnealingScheduler,
    ExpStateScheduler,
    LambdaStateScheduler,
    LinearCyclicalScheduler,
    LRScheduler,
    ParamGroupScheduler,
    PiecewiseLinear,
    ReduceLROnPlateauScheduler,
    create_lr_scheduler_with_warmup,
)
from scaffold_runtime.handlers import param_scheduler as as_in_ignite

CYCLES = {"param_name": "lr", "start_value": 1.0, "end_value": 0.1, "cycle_size": 3}


def optimizer_with(*rates):
    """An optimizer with a group for each rate."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, momentum=0.9)


MAKE = {
    "restarts": lambda opt: CosineAnnealingScheduler(opt, **CYCLES, cycle_mult=1.7, start_value_mult=0.5),
    "warm restarts": lambda opt: CosineAnnealingScheduler(opt, **CYCLES, cycle_mult=1.7, warmup_duration=2),
    "row": lambda opt: ConcatScheduler([MAKE["restarts"](opt), LinearCyclicalScheduler(opt, **CYCLES)], [4]),
    "torch": lambda opt: LRScheduler(StepLR(opt, 2, 0.5)),
    "sequence": lambda opt: LRScheduler(
        SequentialLR(opt, [ExponentialLR(opt, 0.5), ExponentialLR(opt, 0.9)], milestones=[4])
    ),
    "warm-up": lambda opt: create_lr_scheduler_with_warmup(StepLR(opt, 2, 0.5), 0.0, 3),
    "groups": lambda opt: ParamGroupScheduler(
        [PiecewiseLinear(opt, "lr", [(0, 1.0), (9, end)], param_group_index=i) for i, end in enumerate((0.1, 0.2))]
    ),
}


def values_of(schedule, optimizer, num_events):
    """What the groups have at the next events."""
    values = []
    for _ in range(num_events):
        schedule(None)
        optimizer.step()
        values.append([group["lr"] for group in optimizer.param_groups])
    return values


@pytest.mark.filterwarnings("ignore:The epoch parameter")  # torch's own way from one schedule to the next
@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("done", range(9))
def test_a_file_has_all(name, done, tmp_path):
    """Saved after any event and loaded from the file, a schedule goes on with the very same values."""
    optimizers = [optimizer_with(0.5, 0.3) for _ in range(3)]
    whole, first, second = (MAKE[name](optimizer) for optimizer in optimizers)
    expected = values_of(whole, optimizers[0], 16)
    assert values_of(first, optimizers[1], done) == expected[:done]
    path = tmp_path / "state.pt"
    torch.save({"schedule": first.state_dict(), "optimizer": optimizers[1].state_dict()}, path)
    Checkpoint.load_objects({"schedule": second, "optimizer": optimizers[2]}, path)
    assert values_of(second, optimizers[2], 16 - done) == expected[done:]


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("name", MAKE)
def test_asking_changes_nothing(name):
    """Whoever asks for the next value, however often, finds the rates and what follows as they were."""
    optimizers = [optimizer_with(0.5, 0.3) for _ in range(2)]
    quiet, asked = (MAKE[name](optimizer) for optimizer in optimizers)
    expected = values_of(quiet, optimizers[0], 12)
    for values in expected:
        before = [group["lr"] for group in optimizers[1].param_groups]
        asked.get_param(), asked.get_param()
        assert [group["lr"] for group in optimizers[1].param_groups] == before
        assert values_of(asked, optimizers[1], 1) == [values]


@pytest.mark.parametrize("done", [0, 3])
@pytest.mark.parametrize("kind", [StepLR, OneCycleLR])
def test_a_simulation_leaves_no_trace(kind, done):
    """A schedule that has been tried out goes on as one that has not, its optimizer too."""
    options = {"step_size": 2} if kind is StepLR else {"max_lr": 1.0, "total_steps": 12}
    seen = []
    for tries in (False, True):
        optimizer = optimizer_with(0.5)
        scheduler = kind(optimizer, **options)
        for _ in range(done):
            optimizer.step()
            scheduler.step()
        if tries:
            assert len(LRScheduler.simulate_values(6, scheduler)) == 6
        values = []
        for _ in range(5):
            values.append([(group["lr"], group["momentum"]) for group in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
        seen.append(values)
    assert seen[0] == seen[1]


def test_restarts_of_torch():
    """Their first rate is the optimizer's, and each restart comes where torch's own loop has it."""
    optimizer, expected = optimizer_with(0.5), []
    scheduler = CosineAnnealingWarmRestarts(optimizer, 4, 2)
    for _ in range(15):
        expected.append([optimizer.param_groups[0]["lr"]])
        optimizer.step()
        scheduler.step()
    optimizer = optimizer_with(0.5)
    assert values_of(LRScheduler(CosineAnnealingWarmRestarts(optimizer, 4, 2)), optimizer, 15) == expected
    assert expected[0] == expected[4] == expected[12] == [0.5]


def test_a_row_has_one_entry_for_each_event():
    """The history of a row of schedules has the values of all groups together."""
    optimizer = optimizer_with(0.5, 0.3)
    schedule = create_lr_scheduler_with_warmup(ExponentialLR(optimizer, 0.5), 0.0, 3, save_history=True)
    trainer = Engine(lambda engine, batch: optimizer.step())
    schedule.attach(trainer)
    trainer.run([0] * 4)
    assert trainer.state.param_history == {"lr": [[0.0, 0.0], [0.25, 0.15], [0.5, 0.3], [0.25, 0.15]]}


def test_a_warm_up_of_groups_ends_at_one_rate():
    """All groups are at the end value where the warm-up ends, and each has its own rate after that."""
    optimizer = optimizer_with(0.5, 0.3)
    schedule = create_lr_scheduler_with_warmup(ExponentialLR(optimizer, 0.5), 0.0, 3, warmup_end_value=1.0)
    assert values_of(schedule, optimizer, 5) == [[0.0] * 2, [0.5] * 2, [1.0] * 2, [0.5, 0.3], [0.25, 0.15]]


def test_a_rate_that_is_a_tensor_stays_that_tensor():
    """Captured graphs read the rate from one place."""
    rate = torch.tensor(0.5)
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=rate, capturable=False, foreach=False)
    trainer = Engine(lambda engine, batch: None)
    schedule = PiecewiseLinear(optimizer, "lr", [(0, 1.0), (4, 0.0)], save_history=True)
    trainer.add_event_handler(Events.ITERATION_STARTED, schedule)
    trainer.run([0] * 4)
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
    assert trainer.state.param_history["lr"] == [[1.0], [0.75], [0.5], [0.25]]


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer: CosineAnnealingScheduler(optimizer, **CYCLES),
        lambda optimizer: ParamGroupScheduler([PiecewiseLinear(optimizer, "lr", [(0, 1.0), (8, 0.0)])]),
    ],
)
def test_they_follow_the_steps_of_the_optimizer(make):
    """Attached to a trainer that accumulates, each step of the optimizer has the next value, in the history as well."""
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    rates = []
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss, gradient_accumulation_steps=3)
    schedule = make(optimizer)
    schedule.save_history = True
    schedule.attach(trainer)
    trainer.run([(torch.ones(1, 1), torch.ones(1, 1))] * 12)
    untouched = make(optimizer_with(0.5))
    simulated = [untouched(None) or untouched.optimizer_param_groups[0]["lr"] for _ in range(4)]
    assert rates == simulated
    assert trainer.state.param_history == {"lr": [[rate] for rate in simulated]}


def epochs_of(rates, terminate_at=None):
    """A trainer whose rate changes where an epoch starts."""
    optimizer = optimizer_with(1.0)
    schedule = LRScheduler(ExponentialLR(optimizer, 0.5))
    trainer = Engine(lambda engine, batch: (rates.append(optimizer.param_groups[0]["lr"]), optimizer.step()))
    trainer.add_event_handler(Events.EPOCH_STARTED, schedule)
    if terminate_at is not None:
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=terminate_at), trainer.terminate)
    return trainer, schedule, optimizer


@pytest.mark.parametrize("left_at", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("resumes", [True, False])
def test_an_epoch_that_goes_on_keeps_its_rate(left_at, resumes):
    """A schedule of epochs moves once for each, also where a run is left within one."""
    rates = []
    run = epochs_of(rates, left_at)
    run[0].run([0, 0, 0], max_epochs=3)
    if resumes:
        states = [part.state_dict() for part in run]
        run = epochs_of(rates)
        for part, state in zip(run[::-1], states[::-1], strict=True):
            part.load_state_dict(state)
    run[0].run([0, 0, 0])
    assert rates == [1.0] * 3 + [0.5] * 3 + [0.25] * 3


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("left_at", [None, 1, 4, 6])
def test_batches_that_grow(workers, left_at):
    """An epoch is as long as its pass, each sample comes once, and a run that goes on has the size that it had."""
    seen = []

    def make():
        loader = DataLoader(range(12), batch_size=3, num_workers=workers)
        trainer = Engine(lambda engine, batch: seen.append(batch.tolist()))
        sizes = BatchSizeScheduler(loader, lambda epoch: (3, 4, 6)[epoch], save_history=True)
        sizes.attach(trainer)
        return trainer, sizes, loader

    trainer, sizes, loader = make()
    if left_at is not None:
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=left_at), trainer.terminate)
    trainer.run(loader, max_epochs=3)
    if left_at is not None:
        state = trainer.state_dict(), sizes.state_dict()
        trainer, sizes, loader = make()
        trainer.load_state_dict(state[0])
        sizes.load_state_dict(state[1])
        trainer.run(loader)
    assert [len(batch) for batch in seen] == [3] * 4 + [4] * 3 + [6] * 2
    assert [sample for batch in seen for sample in batch] == list(range(12)) * 3
    if left_at is None:
        assert trainer.state.param_history == {"batch_size": [3, 4, 6]}


def test_batches_of_all_processes_grow():
    """The loader of `idist.auto_dataloader` takes another size too."""
    loader = idist.auto_dataloader(list(range(12)), batch_size=3)
    sizes = []
    trainer = Engine(lambda engine, batch: sizes.append(len(batch)))
    BatchSizeScheduler(loader, lambda epoch: (3, 6)[epoch]).attach(trainer)
    trainer.run(loader, max_epochs=2)
    assert sizes == [3] * 4 + [6] * 2


def test_a_plateau_of_one_group_with_a_least_rate():
    """Only that group's rate goes down, and not below its least."""
    optimizer = optimizer_with(1.0, 1.0)
    schedule = ReduceLROnPlateauScheduler(optimizer, "loss", param_group_index=1, patience=0, factor=0.1, min_lr=0.05)
    engine = Engine(lambda engine, batch: None)
    schedule.attach(engine)
    engine.state.metrics["loss"] = 1.0
    for expected in ([1.0, 1.0], [1.0, 0.1], [1.0, 0.05], [1.0, 0.05]):
        engine.run([0])
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx(expected)


def test_a_plateau_goes_on():
    """What was saved while it waited waits no longer than it would have."""
    rates = []
    for resumes in (False, True):
        optimizer = optimizer_with(1.0)
        schedule = ReduceLROnPlateauScheduler(optimizer, "loss", patience=3, factor=0.5)
        engine, values = Engine(lambda engine, batch: None), []
        for event in range(8):
            if resumes and event == 3:
                state = schedule.state_dict(), optimizer.state_dict()
                optimizer = optimizer_with(1.0)
                schedule = ReduceLROnPlateauScheduler(optimizer, "loss", patience=3, factor=0.5)
                schedule.load_state_dict(state[0])
                optimizer.load_state_dict(state[1])
            engine.state.metrics["loss"] = 1.0
            schedule(engine)
            values.append(optimizer.param_groups[0]["lr"])
        rates.append(values)
    assert rates[0] == rates[1] == [1.0] * 4 + [0.5] * 4


def test_an_attribute_has_its_value_from_the_start_of_a_run_that_goes_on():
    """Whatever is first, attaching or loading, the state has the value before the next event."""
    first = ExpStateScheduler(8.0, 0.5, "noise", create_new=True)
    trainer = Engine(lambda engine, batch: None)
    first.attach(trainer)
    trainer.run([0, 0])
    for attaches_first in (True, False):
        second, goes_on = ExpStateScheduler(8.0, 0.5, "noise", create_new=True), Engine(lambda engine, batch: None)
        steps = [lambda: second.attach(goes_on), lambda: second.load_state_dict(first.state_dict())]  # noqa: B023
        for step in steps if attaches_first else steps[::-1]:
            step()
        seen = []
        goes_on.add_event_handler(Events.STARTED | Events.ITERATION_STARTED, lambda e: seen.append(e.state.noise))  # noqa: B023
        goes_on.run([0])
        assert seen == [2.0, 2.0]


class Doubling:
    """A function with a state of its own."""

    def __init__(self):
        self.value = 1

    def __call__(self, event):
        """Twice the value before."""
        self.value *= 2
        return self.value

    def state_dict(self):
        """The last value."""
        return {"value": self.value}

    def load_state_dict(self, state):
        """Goes on from it."""
        self.value = state["value"]


def test_a_function_with_a_state_is_saved():
    """It goes on where it was."""
    first, second = (LambdaStateScheduler(Doubling(), "value", create_new=True) for _ in range(2))
    engine = Engine(lambda engine, batch: None)
    first(engine), first(engine)
    second.load_state_dict(first.state_dict())
    second(engine)
    assert engine.state.value == 8


def test_attributes_that_are_there_and_that_are_not():
    """A new one that is there is refused; one that is missing is made, with a warning."""
    engine = Engine(lambda engine, batch: None)
    engine.state.noise = 1.0
    with pytest.raises(ValueError, match=r"^The engine's state has `noise` already, and `create_new=True`"):
        ExpStateScheduler(1.0, 0.5, "noise", create_new=True).attach(engine)
    with pytest.warns(UserWarning, match=r"has no `sound`, and gets it"):
        ExpStateScheduler(1.0, 0.5, "sound").attach(engine)
    assert engine.state.sound is None


def test_a_schedule_written_for_ignite_is_saved():
    """A class that says which attributes are its state, as Ignite's do, has them saved."""

    class Counting(as_in_ignite.ParamScheduler):
        def __init__(self, optimizer):
            super().__init__(optimizer, "lr")
            self.rate = 1.0
            self._state_attrs += ["rate"]

        def get_param(self):
            self.rate /= 2
            return self.rate

    first, second = Counting(optimizer_with(1.0)), Counting(optimizer_with(1.0))
    first(None), first(None)
    second.load_state_dict(first.state_dict())
    second(None)
    assert second.optimizer.param_groups[0]["lr"] == 0.125
    with pytest.raises(ValueError, match=r"^The state of a Counting should have 'rate'; this one has 'event_index'"):
        second.load_state_dict({"event_index": 1})


def test_plots():
    """A schedule is drawn with matplotlib: one line, of all values."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    (line,) = CosineAnnealingScheduler.plot_values(num_events=7, **CYCLES)
    assert list(line.get_ydata()) == [value for _, value in CosineAnnealingScheduler.simulate_values(7, **CYCLES)]
    assert line.get_label() == "lr"
    matplotlib.pyplot.close("all")


def test_legacy():
    """The second rate comes first, with a warning."""
    optimizer = optimizer_with(1.0)
    scheduler = ExponentialLR(optimizer, 0.5)
    optimizer.step()
    with pytest.warns(UserWarning, match=r"^With `use_legacy` the schedule begins with the second rate"):
        schedule = LRScheduler(scheduler, use_legacy=True)
    assert values_of(schedule, optimizer, 3) == [[0.5], [0.25], [0.125]]


@pytest.mark.parametrize("name", MAKE)
def test_freed_without_the_collector(name):
    """A trainer and its schedule go with their last user."""
    optimizer = optimizer_with(0.5, 0.3)
    schedule, trainer = MAKE[name](optimizer), Engine(lambda engine, batch: None)
    schedule.attach(trainer)
    if name not in ("torch", "sequence", "warm-up"):  # those of torch and their optimizers hold each other
        gone = weakref.ref(schedule), weakref.ref(trainer)
    else:
        gone = (weakref.ref(trainer),)
    gc.disable()
    try:
        del schedule, trainer, optimizer
        assert [ref() for ref in gone] == [None] * len(gone)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: CosineAnnealingScheduler(o, "lr", 1, 0, 1), ValueError, "should be at least 2 events, got 1"),
        (lambda o: LinearCyclicalScheduler(o, "lr", 1, 0, 4, warmup_duration=1), ValueError, "`monotonic=True`"),
        (lambda o: ParamGroupScheduler(3), TypeError, "should be a list of schedules, got 3"),
        (lambda o: ParamGroupScheduler([3]), ValueError, "schedules that are handlers, got \\[3\\]"),
        (
            lambda o: ParamGroupScheduler([MAKE["restarts"](o)], names=["a", "b"]),
            ValueError,
            "1 schedules need as many",
        ),
        (lambda o: PiecewiseLinear(o, "lr", 3), TypeError, "should be a list of pairs, got 3"),
        (lambda o: PiecewiseLinear(o, "lr", [3]), ValueError, "should be pairs of \\(event index, value\\)"),
        (lambda o: BatchSizeScheduler([1], len), TypeError, "should be a loader of torch, got a list"),
        (lambda o: BatchSizeScheduler(DataLoader([1], batch_size=None), len), ValueError, "makes no batches"),
        (lambda o: BatchSizeScheduler(DataLoader([1]), 3), TypeError, "a function of the event's number, got 3"),
        (lambda o: BatchSizeScheduler(DataLoader([1]), lambda e: 0)(None), ValueError, "number of samples, got 0"),
        (lambda o: BatchSizeScheduler.simulate_values(3), ValueError, "needs `scheduler_fn`"),
        (lambda o: LambdaStateScheduler(3, "a"), ValueError, "a function of the event's number, got 3"),
        (
            lambda o: ReduceLROnPlateauScheduler(o, "loss")(Engine(lambda engine, batch: None)),
            ValueError,
            "should have the metric 'loss'; its metrics are: none",
        ),
        (
            lambda o: ReduceLROnPlateauScheduler(o, "loss", param_group_index=0, min_lr=[1]),
            TypeError,
            "should be a number where one group is meant, got \\[1\\]",
        ),
        (lambda o: ReduceLROnPlateauScheduler.simulate_values(2, [1.0], 1.0), ValueError, "2 events need as many"),
        (
            lambda o: create_lr_scheduler_with_warmup(StepLR(o, 1), 0.0, 2, output_simulated_values=3),
            TypeError,
            "should be a list, such as `\\[None\\] \\* 100`; got 3",
        ),
        (lambda o: ParamGroupScheduler([MAKE["restarts"](o)]).load_state_dict({}), ValueError, "have 'schedulers'"),
        (lambda o: MAKE["row"](o).load_state_dict({"schedulers": [1]}), ValueError, "of 1 schedules, and there are 2"),
    ],
)
def test_wrong_arguments(make, error, message):
    """Each is told in a sentence."""
    with pytest.raises(error, match=message):
        make(optimizer_with(0.5, 0.3))
