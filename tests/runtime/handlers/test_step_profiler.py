"""Where a step's time goes."""

import json
import logging
import time

import pytest
import torch
from torch import nn

from scaffold_runtime.engine import Engine, Events, create_supervised_trainer
from scaffold_runtime.handlers import StepProfiler
from scaffold_runtime.handlers.step_profiler import DATA, FORWARD, HANDLERS, OPTIMIZER, words

NAP = 0.005


def naps(number):
    """Batches that are waited for."""
    for batch in range(number):
        time.sleep(NAP)
        yield batch


def profiled(path, step=lambda engine, batch: None, data=None, handler=None, **options):
    """A profiler that has looked at six iterations."""
    trainer, profiler = Engine(step), StepProfiler(path, num_iterations=6, skip=2, **options)
    profiler.attach(trainer)
    if handler is not None:
        trainer.add_event_handler(Events.ITERATION_COMPLETED, handler)
    trainer.run([0] * 20 if data is None else data, epoch_length=20)
    return trainer, profiler


@pytest.mark.parametrize(
    ("options", "part", "words_"),
    [
        ({"data": naps(20)}, DATA, "Your loader is the bottleneck"),
        ({"step": lambda engine, batch: time.sleep(NAP)}, FORWARD, "The network is the bottleneck, as it should be"),
        ({"handler": lambda: time.sleep(NAP)}, HANDLERS, "Your handlers are the bottleneck"),
    ],
    ids=["data", "network", "handlers"],
)
def test_the_largest_part_is_named(options, part, words_, tmp_path, caplog):
    """A nap in one place takes most of the step, and the words say which; so do the log and the file."""
    with caplog.at_level(logging.INFO, "scaffold_runtime.handlers.step_profiler"):
        trainer, profiler = profiled(tmp_path / "trace.json", **options)
    assert profiler.seconds[part] >= NAP
    assert profiler.words().startswith(words_)
    assert "(mean of 6 iterations)" in profiler.report()
    assert [record.message for record in caplog.records] == [profiler.report()]
    assert (tmp_path / "trace.txt").read_text().startswith(profiler.report())
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert not any(list(trainer.listeners(event)) for event in (Events.GET_BATCH_STARTED, Events.ITERATION_STARTED))


def test_the_optimizer_is_a_part(tmp_path):
    """Its steps are told apart from forward and backward: three hundred small parameters take it long."""
    model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(40)))
    optimizer = torch.optim.Adam(model.parameters(), foreach=False)
    trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss)
    profiler = StepProfiler(tmp_path / "trace.json", num_iterations=3, skip=1)
    profiler.attach(trainer)
    trainer.run([(torch.ones(1, 1), torch.ones(1, 1))] * 6)
    assert profiler.seconds[OPTIMIZER] > profiler.seconds[DATA]
    assert sum(profiler.seconds.values()) < 1


def test_the_only_iteration(tmp_path):
    """With nothing to skip a run of one iteration is profiled, and whoever wants to hear is told."""
    told, trainer = [], Engine(lambda engine, batch: None)
    profiler = StepProfiler(tmp_path / "t.json", skip=0, say=told.append)
    profiler.attach(trainer)
    trainer.run([0])
    assert told == [profiler.report()]
    assert "(mean of 1 iterations)" in told[0]


def test_what_is_between_epochs_does_not_count(tmp_path):
    """A validation of a third of a second in the middle of it is no handler's time."""
    trainer, profiler = Engine(lambda engine, batch: time.sleep(0.001)), StepProfiler(tmp_path / "t.json", skip=0)
    profiler.attach(trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: time.sleep(0.3))
    began = time.perf_counter()
    trainer.run([0] * 3, max_epochs=3)
    whole = time.perf_counter() - began
    assert sum(profiler.seconds.values()) * 8 < whole - 0.55


@pytest.mark.parametrize("leave", ["short", "error"])
def test_a_run_that_ends_before(leave, tmp_path):
    """It tells of what there was; of nothing, if there was nothing."""
    trainer = Engine(lambda engine, batch: 1 / batch)
    profiler = StepProfiler(tmp_path / "trace.json", skip=1)
    profiler.attach(trainer)
    if leave == "short":
        trainer.run([1, 1, 1])
        assert "(mean of 2 iterations)" in profiler.report()
    else:
        with pytest.raises(ZeroDivisionError):
            trainer.run([0, 1])
        assert (profiler.seconds, profiler.words()) == ({}, "")
        assert not (tmp_path / "trace.json").exists()


def test_a_run_that_is_interrupted(tmp_path):
    """What is done before it goes on, in a notebook for instance, is no handler's time."""
    trainer = Engine(lambda engine, batch: time.sleep(NAP))
    profiler = StepProfiler(tmp_path / "trace.json", skip=1)
    profiler.attach(trainer)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=4), trainer.interrupt)
    trainer.run([0] * 6)
    time.sleep(0.3)
    trainer.run([0] * 6)
    assert "(mean of 3 iterations)" in profiler.report()
    assert profiler.words().startswith("The network is the bottleneck")


def test_words_of_each_part():
    """Each part has its sentence, with its percentage."""
    for part in (DATA, FORWARD, OPTIMIZER, HANDLERS):
        seconds = dict.fromkeys((DATA, FORWARD, OPTIMIZER, HANDLERS), 0.01) | {part: 0.07}
        assert "70% of the step" in words(seconds)
    for wrong in ({"num_iterations": 0}, {"skip": -1}):
        with pytest.raises(ValueError, match=r"^`num_iterations` should be at least 1 and `skip` at least 0"):
            StepProfiler("trace.json", **wrong)
