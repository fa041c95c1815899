"""What PyTorch-Ignite has saved goes on here: a program that changes its library need not start its training anew."""

import importlib
import shutil
import warnings
from types import SimpleNamespace

import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ignite.engine
    import ignite.handlers

DATA = [torch.full((2, 2), float(number)) for number in range(4)]

SCHEDULES = {
    "steps": lambda handlers, optimizer: handlers.LRScheduler(torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.5)),
    "line": lambda handlers, optimizer: handlers.PiecewiseLinear(optimizer, "lr", [(2, 0.1), (12, 0.02), (18, 0.03)]),
    "warmup": lambda handlers, optimizer: handlers.create_lr_scheduler_with_warmup(
        torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8), warmup_start_value=0.0, warmup_duration=5
    ),
    "concatenated": lambda handlers, optimizer: handlers.ConcatScheduler(
        [handlers.PiecewiseLinear(optimizer, "lr", [(0, end), (8, end / 2)]) for end in (0.1, 0.3, 0.2)], [6, 7]
    ),
}


def program(library, folder, schedule):
    """A training whose whole state is saved after each epoch, and at iteration 6 in the middle of one."""
    engines, handlers = importlib.import_module(f"{library}.engine"), importlib.import_module(f"{library}.handlers")
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    rates = []

    def step(engine, batch):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()

    trainer = engines.Engine(step)
    scheduler = SCHEDULES[schedule](handlers, optimizer)
    trainer.add_event_handler(engines.Events.ITERATION_STARTED, scheduler)
    stopping = handlers.EarlyStopping(9, lambda engine: -engine.state.epoch, trainer)
    trainer.add_event_handler(engines.Events.EPOCH_COMPLETED, stopping)
    objects = {"trainer": trainer, "model": model, "optimizer": optimizer, "lr_scheduler": scheduler, "stop": stopping}
    saver = handlers.DiskSaver(folder, require_empty=False)
    checkpointer = handlers.Checkpoint(dict(objects), saver, "run", n_saved=2, include_self=True)
    trainer.add_event_handler(engines.Events.EPOCH_COMPLETED | engines.Events.ITERATION_COMPLETED(once=6), checkpointer)
    objects["checkpointer"] = checkpointer
    return SimpleNamespace(**objects, rates=rates, objects=objects, load=handlers.Checkpoint.load_objects)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("newest", ["run_checkpoint_6.pt", "run_checkpoint_8.pt"])
def test_a_run_goes_on(tmp_path, schedule, newest):
    """The rest of the run has the rates, the weights, the count and the files that it has there."""
    written = program("ignite", tmp_path / "theirs", schedule)
    written.trainer.run(DATA, max_epochs=2)
    shutil.copytree(tmp_path / "theirs", tmp_path / "ours")

    read = program("scaffold_runtime", tmp_path / "ours", schedule)
    read.load(read.objects, tmp_path / "ours" / newest)
    done = int(newest[-4])
    state = read.trainer.state
    assert (state.iteration, state.epoch, state.max_epochs, read.stop.counter) == (done, 2, 2, done // 4 - 1)
    assert read.checkpointer.last_checkpoint == tmp_path / "ours" / newest
    read.trainer.run(DATA, max_epochs=5)
    written.trainer.run(DATA, max_epochs=5)
    assert read.rates == pytest.approx(written.rates[done:], abs=1e-9)
    assert torch.allclose(read.model.weight, written.model.weight)
    assert read.stop.state_dict() == dict(written.stop.state_dict())
    kept = [sorted(path.name for path in (tmp_path / folder).glob("*.pt")) for folder in ("ours", "theirs")]
    assert kept == [["run_checkpoint_16.pt", "run_checkpoint_20.pt"]] * 2


def test_its_own_form(tmp_path):
    """A checkpointer is saved in one form by both; Ignite's takes ours over."""
    ours = program("scaffold_runtime", tmp_path / "ours", "steps")
    ours.trainer.run(DATA, max_epochs=2)
    saved = torch.load(ours.checkpointer.last_checkpoint)
    theirs = program("ignite", tmp_path / "theirs", "steps")
    theirs.load({key: theirs.objects[key] for key in ("model", "optimizer", "stop", "checkpointer")}, saved)
    assert saved["checkpointer"] == {"_saved": [(6, "run_checkpoint_6.pt"), (8, "run_checkpoint_8.pt")]}
    assert theirs.checkpointer.state_dict() == saved["checkpointer"]
    assert torch.equal(theirs.model.weight, ours.model.weight)


def test_a_deterministic_run(tmp_path):
    """Its position goes on; the generators' states, which are of another form, are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = ignite.engine.DeterministicEngine(lambda engine, batch: None)
        written.run(DATA, max_epochs=1)
    read = importlib.import_module("scaffold_runtime.engine").DeterministicEngine(lambda engine, batch: None)
    read.load_state_dict(written.state_dict())
    assert read.state.iteration == 4
    assert read.run(DATA, max_epochs=2).iteration == 8
