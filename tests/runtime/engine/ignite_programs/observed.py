"""A training that is looked at: a range test before it, then outputs, lines, times and patience."""

import re
import warnings

import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import (
    BasicTimeProfiler,
    EarlyStopping,
    EpochOutputStore,
    FastaiLRFinder,
    FBResearchLogger,
    HandlersTimeProfiler,
    Timer,
)
from ignite.metrics import Loss
from ignite.utils import manual_seed
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Lines:
    """What a logger was told."""

    def __init__(self):
        self.lines = []

    def info(self, line):
        self.lines.append(re.sub(r"\d+\.\d+ s", "... s", line))


def find_rate(trainer, model, optimizer, loader):
    """The rates of a range test, whether it suggests one between its ends, and whether all is as before."""
    finder = FastaiLRFinder()
    before = model.weight.sum().item()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with finder.attach(trainer, {"model": model, "optimizer": optimizer}, end_lr=20.0, diverge_th=2.0) as test:
            test.run(loader)
    rates = [float(f"{rate:.6g}") for rate in finder.get_results()["lr"]][:20]
    unchanged = model.weight.sum().item() == before and optimizer.param_groups[0]["lr"] == 0.001
    return {"rates": rates, "a rate": 0.001 < finder.lr_suggestion() < 20.0, "unchanged": unchanged}


def train(trainer, model, optimizer, loader):
    """Trains until nothing gets better, and tells what was seen."""
    evaluator = create_supervised_evaluator(model, {"loss": Loss(nn.functional.mse_loss)})
    store, seen = EpochOutputStore(output_transform=lambda output: len(output[0])), []
    store.attach(evaluator, "sizes")
    evaluator.add_event_handler(Events.COMPLETED, lambda engine: seen.append(engine.state.sizes))
    stopping = EarlyStopping(2, lambda engine: -engine.state.metrics["loss"], trainer, threshold=0.01, cumulative=True)
    evaluator.add_event_handler(Events.COMPLETED, stopping)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: evaluator.run(loader))
    lines = Lines()
    FBResearchLogger(lines, show_output=False).attach(trainer, "Train", every=10, optimizer=optimizer)
    timer = Timer(average=True)
    timer.attach(trainer, start=Events.STARTED, step=Events.ITERATION_COMPLETED)
    basic, each = BasicTimeProfiler(), HandlersTimeProfiler()
    basic.attach(trainer)
    each.attach(evaluator)
    trainer.run(loader, max_epochs=20)

    results = basic.get_results()
    return {
        "epochs": trainer.state.epoch,
        "loss": round(evaluator.state.metrics["loss"], 5),
        "sizes": seen[-1],
        "lines": [sorted(re.findall(r"[\w.]+", line)) for line in lines.lines],
        "kinds": {name: sorted(part) for name, part in results.items()},
        "rows": sorted(row[1] for row in each.get_results() if row[0] == "train.<locals>.<lambda>"),
        "took": timer.value() > 0 and results["processing_stats"]["total"] > 0,
        "patience": (stopping.counter, round(stopping.best_score, 5)),
    }


def main(folder):
    """Finds a rate, trains with another one, and tells of both."""
    manual_seed(5)
    x = torch.randn(120, 4)
    data = TensorDataset(x, (x @ torch.tensor([1.0, -2.0, 0.5, 3.0]))[:, None])
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    trainer = create_supervised_trainer(
        model, optimizer, nn.functional.mse_loss, output_transform=lambda x, y, y_pred, loss: float(loss)
    )
    found = find_rate(trainer, model, optimizer, DataLoader(data, batch_size=4))
    optimizer.param_groups[0]["lr"] = 0.05
    return found | train(trainer, model, optimizer, DataLoader(data, batch_size=4))
