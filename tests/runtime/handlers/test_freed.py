"""Trainers, networks and what looks at them go with their last user: a network may have a whole GPU's memory."""

import gc
import warnings
import weakref

import pytest
import torch
from torch import nn

from scaffold_runtime.engine import Engine, create_supervised_evaluator, create_supervised_trainer
from scaffold_runtime.handlers import (
    BasicTimeProfiler,
    BatchSizeFinder,
    EpochOutputStore,
    FastaiLRFinder,
    GradientNorms,
    HandlersTimeProfiler,
    LambdaStateScheduler,
    LiveTable,
    MemoryReport,
    ReduceLROnPlateauScheduler,
    SanityCheck,
    StepProfiler,
    SWAHandler,
    Throughput,
)

BATCHES = [(torch.ones(2, 1), torch.ones(2, 1))] * 4


def find_rate(model, optimizer, trainer, folder):
    """A whole range test."""
    with FastaiLRFinder().attach(trainer, {"model": model, "optimizer": optimizer}) as test:
        test.run(BATCHES)


ATTACH = {
    "norms": lambda model, optimizer, trainer, folder: GradientNorms(model, optimizer, max_norm=1.0).attach(trainer),
    "mean": lambda model, optimizer, trainer, folder: SWAHandler(model, 1).attach(trainer),
    "memory": lambda model, optimizer, trainer, folder: MemoryReport(model, optimizer).attach(trainer),
    "speed": lambda model, optimizer, trainer, folder: Throughput().attach(trainer),
    "profile": lambda model, optimizer, trainer, folder: StepProfiler(folder / "t.json", skip=1).attach(trainer),
    "times": lambda model, optimizer, trainer, folder: BasicTimeProfiler().attach(trainer),
    "each": lambda model, optimizer, trainer, folder: HandlersTimeProfiler().attach(trainer),
    "table": lambda model, optimizer, trainer, folder: LiveTable().attach(trainer),
    "outputs": lambda model, optimizer, trainer, folder: EpochOutputStore().attach(trainer, "outputs"),
    "state": lambda model, optimizer, trainer, folder: LambdaStateScheduler(float, "x", create_new=True).attach(
        trainer
    ),
    "check": lambda model, optimizer, trainer, folder: SanityCheck(create_supervised_evaluator(model), BATCHES).attach(
        trainer
    ),
    "plateau": lambda model, optimizer, trainer, folder: ReduceLROnPlateauScheduler(optimizer, "loss").attach(
        Engine(lambda engine, batch: None)
    ),
    "rate": find_rate,
    "size": lambda model, optimizer, trainer, folder: BatchSizeFinder(
        trainer, {"model": model, "optimizer": optimizer}
    ).run(lambda size: BATCHES, limit=2),
}


@pytest.fixture(scope="module", autouse=True)
def first_step():
    """What torch imports at an optimizer's first step keeps the frames that it is called from."""
    weight = nn.Parameter(torch.ones(1))
    weight.grad = torch.ones(1)
    torch.optim.SGD([weight], lr=0.1).step()


@pytest.mark.parametrize("name", ATTACH)
def test_freed_at_once(name, tmp_path):
    """After a run nothing is kept, without the help of the garbage collector."""

    def train():
        model = nn.Linear(1, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss)
        ATTACH[name](model, optimizer, trainer, tmp_path)
        trainer.run(BATCHES, max_epochs=2)
        return weakref.ref(trainer), weakref.ref(model)

    gc.collect()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a range test of four batches
            gone = train()
        assert [ref() for ref in gone] == [None, None]
    finally:
        gc.enable()
