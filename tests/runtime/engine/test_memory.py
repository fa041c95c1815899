"""Engines take no memory with the length of a run, and are freed without the garbage collector's help."""

import gc
import tracemalloc
import weakref

import pytest
import torch

from scaffold_runtime.engine import Engine, Events, create_supervised_trainer
from scaffold_runtime.handlers import (
    Checkpoint,
    EarlyStopping,
    LRScheduler,
    Preemption,
    TerminateOnNan,
    global_step_from_engine,
    run_state,
)


@pytest.fixture(autouse=True)
def without_collector():
    """The garbage collector does not help."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def note(engine):
    """A handler that refers to nothing."""


@pytest.mark.parametrize("leave", ["complete", "terminate", "interrupt", "exception", "never run"])
def test_freed_at_once(leave):
    """A dropped engine is gone at once, however its run was left; a handle does not keep it."""
    engine = Engine(lambda engine, batch: 1 / batch)
    handle = engine.add_event_handler(Events.ITERATION_COMPLETED(every=2), note)
    engine.add_event_handler(Events.GET_BATCH_STARTED, note)
    if leave in ("terminate", "interrupt"):
        engine.add_event_handler(Events.ITERATION_COMPLETED(once=3), lambda engine: getattr(engine, leave)())
    if leave == "exception":
        with pytest.raises(ZeroDivisionError):
            engine.run([1, 2, 0], max_epochs=2)
    elif leave != "never run":
        engine.run([1, 2, 3, 4], max_epochs=2)
    freed = weakref.ref(engine)
    del engine
    assert freed() is None
    handle.remove()


def test_data_is_freed():
    """The batches of a run live no longer than their engine."""

    class Batch:
        pass

    batch = Batch()
    freed = weakref.ref(batch)
    engine = Engine(lambda engine, batch: None)
    engine.run([batch], max_epochs=2)
    del engine, batch
    assert freed() is None


def test_no_growth():
    """A million more iterations, with handlers, leave no more memory behind than the first ones."""
    engine = Engine(lambda engine, batch: None)
    engine.add_event_handler(Events.ITERATION_COMPLETED(every=100), note)
    engine.add_event_handler(Events.ITERATION_STARTED | Events.EPOCH_COMPLETED, note)
    data = list(range(1000))
    engine.run(data, max_epochs=5)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    engine.run(data, max_epochs=1005)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < 65536


def test_model_is_freed():
    """A trainer that has accumulated gradients goes at once with its model, whose memory may be a whole GPU's."""
    model = torch.nn.Linear(1, 1)
    trainer = create_supervised_trainer(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        torch.nn.functional.mse_loss,
        gradient_accumulation_steps=2,
    )
    trainer.run([(torch.ones(1, 1), torch.ones(1, 1))] * 3)
    freed = weakref.ref(model)
    del model, trainer
    assert freed() is None


@pytest.mark.parametrize("runs", [True, False])
def test_handlers_of_a_run_keep_nothing(tmp_path, runs):
    """A trainer that saves itself, its best network and its stopping, goes at once with all of them and the model."""

    def train():
        model = torch.nn.Linear(1, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        trainer = create_supervised_trainer(model, optimizer, torch.nn.functional.mse_loss)
        evaluator = Engine(lambda engine, batch: None)
        schedule = LRScheduler(torch.optim.lr_scheduler.StepLR(optimizer, 1))
        schedule.attach(trainer)
        stopping = EarlyStopping(3, lambda engine: 0.5, trainer)
        stopping.attach(evaluator)
        stopping.load_state_dict({**stopping.state_dict(), "counter": 3})
        best = Checkpoint(
            {"model": model},
            tmp_path / "best",
            score_function=lambda engine: 0.5,
            global_step_transform=global_step_from_engine(trainer),
        )
        evaluator.add_event_handler(Events.COMPLETED, best)
        parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "stopping": stopping, "best": best}
        last = Checkpoint(run_state(trainer, evaluator, **parts), tmp_path / "last")
        trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
        trainer.add_event_handler(Events.EPOCH_COMPLETED, last)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
        Preemption(last).attach(trainer)
        if runs:
            trainer.run([(torch.ones(1, 1), torch.ones(1, 1))] * 3, max_epochs=1)
            stopping.reset()
            trainer.run([(torch.ones(1, 1), torch.ones(1, 1))] * 3, max_epochs=2)
            assert trainer.state.epoch == 2
        return {type(obj).__name__: weakref.ref(obj) for obj in (trainer, evaluator, model, stopping, best, last)}

    assert {name: ref() for name, ref in train().items()} == dict.fromkeys(
        ["Engine", "Linear", "EarlyStopping", "Checkpoint"]
    )
