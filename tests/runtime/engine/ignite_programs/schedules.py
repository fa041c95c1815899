"""Schedules of every kind: of rates, momentum, groups, batches and attributes of the state, tried out and followed."""

import torch
from ignite.engine import Engine, Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers.param_scheduler import (
    BatchSizeScheduler,
    ConcatScheduler,
    CosineAnnealingScheduler,
    LinearCyclicalScheduler,
    LRScheduler,
    ParamGroupScheduler,
    PiecewiseLinear,
    ReduceLROnPlateauScheduler,
    create_lr_scheduler_with_warmup,
)
from ignite.handlers.state_param_scheduler import (
    ExpStateScheduler,
    LambdaStateScheduler,
    MultiStepStateScheduler,
    PiecewiseLinearStateScheduler,
    StepStateScheduler,
)
from ignite.metrics import Loss
from ignite.utils import manual_seed
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def build():
    """A network whose two layers have groups of their own."""
    manual_seed(3)
    x = torch.randn(60, 4)
    data = TensorDataset(x, (x @ torch.tensor([1.0, -2.0, 0.5, 3.0]))[:, None])
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 1))
    groups = [{"params": model[0].parameters(), "lr": 0.05}, {"params": model[1].parameters(), "lr": 0.01}]
    optimizer = torch.optim.SGD(groups, momentum=0.5)
    return model, optimizer, data


def rounded(values):
    """Numbers of a history, to seven digits."""
    return [[float(f"{float(value):.7g}") for value in row] for row in values]


def followed(make, steps=18):
    """The history of a schedule, and the weights that it led to."""
    model, optimizer, data = build()
    trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss)
    scheduler = make(optimizer)
    trainer.add_event_handler(Events.ITERATION_STARTED, scheduler)
    trainer.run(DataLoader(data, batch_size=10), max_epochs=steps // 6)
    history = {name: rounded(rows) for name, rows in trainer.state.param_history.items()}
    return history, round(sum(weight.sum().item() for weight in model.parameters()), 4)


def of_rates():
    """Each kind of schedule in a training of its own."""
    cycle = {"start_value": 0.1, "end_value": 0.01, "cycle_size": 6}
    kinds = {
        "linear": lambda opt: LinearCyclicalScheduler(opt, "lr", **cycle, save_history=True),
        "cosine": lambda opt: CosineAnnealingScheduler(opt, "lr", **cycle, cycle_mult=1.5, save_history=True),
        "momentum": lambda opt: CosineAnnealingScheduler(opt, "momentum", 0.5, 0.9, 8, save_history=True),
        "one group": lambda opt: PiecewiseLinear(opt, "lr", [(2, 0.1), (9, 0.0)], True, param_group_index=1),
        "torch": lambda opt: LRScheduler(torch.optim.lr_scheduler.StepLR(opt, 4, 0.5), save_history=True),
        "concat": lambda opt: ConcatScheduler(
            [LinearCyclicalScheduler(opt, "lr", **cycle), CosineAnnealingScheduler(opt, "lr", **cycle)],
            durations=[8],
            save_history=True,
        ),
        "groups": lambda opt: ParamGroupScheduler(
            [LinearCyclicalScheduler(opt, "lr", **cycle, param_group_index=index) for index in (0, 1)],
            names=["first", "second"],
            save_history=True,
        ),
        "warm-up": lambda opt: create_lr_scheduler_with_warmup(
            CosineAnnealingScheduler(opt, "lr", 0.1, 0.0, 12, param_group_index=0), 0.0, 4, 0.1
        ),
    }
    told = {}
    for name, make in kinds.items():
        if name == "warm-up":
            _, optimizer, _ = build()
            scheduler, rates = make(optimizer), []
            for _ in range(15):
                scheduler(None)
                rates.append(round(optimizer.param_groups[0]["lr"], 7))
            told[name] = rates
        else:
            told[name] = followed(make)
    return told


def of_a_metric():
    """The rate falls where the loss of a validation does."""
    model, optimizer, data = build()
    loader = DataLoader(data, batch_size=20)
    trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss)
    evaluator = create_supervised_evaluator(model, {"loss": Loss(nn.functional.mse_loss)})
    scheduler = ReduceLROnPlateauScheduler(
        optimizer, "loss", trainer=trainer, save_history=True, mode="max", factor=0.5, patience=1
    )
    evaluator.add_event_handler(Events.COMPLETED, scheduler)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: evaluator.run(loader))
    trainer.run(loader, max_epochs=6)
    return rounded(trainer.state.param_history["lr"]), round(evaluator.state.metrics["loss"], 4)


def of_the_state():
    """Attributes that move with epochs."""
    engine, told = Engine(lambda engine, batch: None), []
    schedules = [
        LambdaStateScheduler(lambda event: 1 / (1 + event), "by_function", save_history=True, create_new=True),
        PiecewiseLinearStateScheduler([(1, 0.0), (4, 3.0)], "line", save_history=True, create_new=True),
        ExpStateScheduler(2.0, 0.5, "exp", save_history=True, create_new=True),
        StepStateScheduler(2.0, 0.5, 2, "step", save_history=True, create_new=True),
        MultiStepStateScheduler(2.0, 0.5, [2, 3], "multi", save_history=True, create_new=True),
    ]
    for schedule in schedules:
        schedule.attach(engine, Events.EPOCH_COMPLETED)
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: told.append((engine.state.line, engine.state.exp)))
    engine.run([0, 1], max_epochs=5)
    return told, engine.state.param_history


def of_batches():
    """Batches grow from epoch to epoch."""
    loader, sizes = DataLoader(list(range(12)), batch_size=2), []
    engine = Engine(lambda engine, batch: sizes.append(len(batch)))
    scheduler = BatchSizeScheduler(loader, lambda epoch: (2, 4, 6)[epoch], save_history=True)
    scheduler.attach(engine)
    for _ in range(3):
        scheduler(None)
    engine_sizes = BatchSizeScheduler.simulate_values(3, scheduler_fn=scheduler.scheduler_fn)
    return engine_sizes, loader.batch_sampler.batch_size, scheduler.event_index


def beforehand():
    """What schedules say of themselves."""
    _, optimizer, _ = build()
    values = [None] * 8
    decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    create_lr_scheduler_with_warmup(decay, 0.0, 3, output_simulated_values=values)
    cycles = LinearCyclicalScheduler.simulate_values(9, param_name="lr", start_value=1.0, end_value=0.0, cycle_size=4)
    plateau = ReduceLROnPlateauScheduler.simulate_values(5, [1.0, 1.1, 1.2, 0.9, 1.0], init_lr=0.1, patience=0)
    restored = [group["lr"] for group in optimizer.param_groups]
    return rounded(values), rounded(cycles), rounded(plateau), restored


def main(folder):
    """Everything, one after the other."""
    return of_rates(), of_a_metric(), of_the_state(), of_batches(), beforehand()
