"""A moving average of the weights, two checkpoints, and a run that goes on from one of them."""

import torch
from ignite.engine import Engine, Events, create_supervised_evaluator
from ignite.handlers import (
    Checkpoint,
    DiskSaver,
    EMAHandler,
    LRScheduler,
    create_lr_scheduler_with_warmup,
    global_step_from_engine,
)
from ignite.metrics import MeanSquaredError, RootMeanSquaredError
from ignite.utils import manual_seed
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def build(folder, warmup):
    """All that a training has, new."""
    manual_seed(8)
    x = torch.randn(96, 5)
    data = TensorDataset(x, (x @ torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0]))[:, None])
    loader = DataLoader(data, batch_size=12)
    model = nn.Linear(5, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    decay = torch.optim.lr_scheduler.StepLR(optimizer, step_size=6, gamma=0.7)
    if warmup:
        scheduler = create_lr_scheduler_with_warmup(decay, warmup_start_value=0.0, warmup_duration=4)
    else:
        scheduler = LRScheduler(decay, save_history=True)

    def train_step(engine, batch):
        model.train()
        x, y = batch
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    trainer = Engine(train_step)
    trainer.state_dict_user_keys.append("tries")
    trainer.state.tries = 1
    trainer.add_event_handler(Events.ITERATION_STARTED, scheduler)
    ema = EMAHandler(model, momentum=0.2, momentum_warmup=0.5, warmup_iters=10)
    ema.attach(trainer, event=Events.ITERATION_COMPLETED(every=2))
    evaluator = create_supervised_evaluator(ema.ema_model, {"mse": MeanSquaredError(), "rmse": RootMeanSquaredError()})
    to_save = {"trainer": trainer, "model": model, "optimizer": optimizer, "lr_scheduler": scheduler}
    last = Checkpoint(
        to_save,
        DiskSaver(folder / "last", create_dir=True, require_empty=False),
        filename_prefix="last",
        n_saved=2,
        global_step_transform=lambda engine, event: engine.state.get_event_attrib_value(Events.ITERATION_COMPLETED),
    )
    trainer.add_event_handler(Events.EPOCH_COMPLETED(every=1), last)
    best = Checkpoint(
        {"ema": ema.ema_model},
        DiskSaver(folder / "best", create_dir=True, require_empty=False),
        n_saved=1,
        score_function=Checkpoint.get_default_score_fn("mse", -1.0),
        score_name="neg_mse",
        global_step_transform=global_step_from_engine(trainer),
    )
    evaluator.add_event_handler(Events.COMPLETED, best)
    saved = []
    trainer.register_events(Checkpoint.SAVED_CHECKPOINT)
    trainer.add_event_handler(Checkpoint.SAVED_CHECKPOINT, lambda engine: saved.append(engine.state.iteration))
    log = []

    @trainer.on(Events.EPOCH_COMPLETED | Events.COMPLETED)
    def validate(engine):
        metrics = evaluator.run(loader).metrics
        rate = optimizer.param_groups[0]["lr"]
        log.append([engine.state.epoch, round(metrics["mse"], 4), round(metrics["rmse"], 4), round(rate, 5)])

    return trainer, loader, to_save, (last, best), saved, log


def main(folder):
    """Trains for two epochs, and for two more in a new program."""
    told = {}
    for warmup in (False, True):
        home = folder / f"warmup {warmup}"
        trainer, loader, _, (last, best), saved, log = build(home, warmup)
        state = trainer.run(loader, max_epochs=2)
        saved.append(round(state.ema_momentum, 4))
        log.append([path.name for path in sorted((home / "last").iterdir()) + sorted((home / "best").iterdir())])
        # Some rates of a schedule are remembered by the state.
        log.append([round(rate, 4) for (rate,) in getattr(state, "param_history", {"lr": []})["lr"]])

        again, loader, to_load, *_, later = build(home, warmup)
        to_load["trainer"].state.tries = 2
        Checkpoint.load_objects(to_load=to_load, checkpoint=str(last.last_checkpoint))
        assert (again.state.epoch, again.state.iteration, again.state.tries) == (2, 16, 1)
        again.run(loader, max_epochs=4)
        model = nn.Linear(5, 1)
        Checkpoint.load_objects(to_load={"ema": model}, checkpoint=torch.load(best.last_checkpoint))
        # The average itself is not in the checkpoint, so only rates and places are compared of the rest.
        told[warmup] = [log, saved, [[entry[0], entry[-1]] for entry in later], round(model.weight.sum().item(), 4)]
    return told
