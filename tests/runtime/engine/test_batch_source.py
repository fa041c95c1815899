"""The data as a stream: the places in it, whose they are, when it is let go, that it can be replaced on the way."""

import gc
import weakref
from types import SimpleNamespace

import pytest
import torch
from torch.utils.data import DataLoader

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import DeterministicEngine, Engine, Events
from scaffold_runtime.engine.batch_source import Progress, length_of, may_be_empty, sampler_of


def test_set_data():
    """The next batch is the first of the new data; the length of epochs stays; the new data starts over in its turn."""
    seen = []
    engine = Engine(lambda engine, batch: seen.append(batch))
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: engine.set_data(["x", "y", "z", "w"]))
    engine.run([0, 1, 2], max_epochs=3)
    assert seen == [0, 1, "x", "y", "z", "w", "x", "y", "z"]
    assert engine.state.dataloader == ["x", "y", "z", "w"]


@pytest.mark.parametrize("event", [Events.ITERATION_STARTED, Events.ITERATION_COMPLETED])
def test_position_after_set_data(event):
    """The position is one in the new data, whenever it came."""
    engine = Engine(lambda engine, batch: None)
    engine.add_event_handler(event(once=2), lambda: engine.set_data(range(10)))
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=5), engine.terminate)
    engine.run([0, 1, 2], max_epochs=3)
    assert engine.state_dict()["data"] == {"passes": 0, "batches": 3}


def test_the_end_of_a_pass_is_told_alike():
    """A run that goes on from an epoch's last iteration tells the epoch's end as one that never stopped does."""
    loader = idist.auto_dataloader(range(10), batch_size=4)
    untouched, resumed = (Engine(lambda engine, batch: None) for _ in range(2))
    saved, ends = [], []
    untouched.add_event_handler(Events.ITERATION_COMPLETED(once=6), lambda engine: saved.append(engine.state_dict()))
    for engine in (untouched, resumed):
        engine.add_event_handler(Events.EPOCH_COMPLETED(once=2), lambda engine: ends.append(engine.state_dict()))
    untouched.run(loader, max_epochs=2)
    resumed.load_state_dict(saved[0])
    resumed.run(loader, max_epochs=2)
    assert ends[0] == ends[1]


def test_workers_end_with_the_run():
    """A complete or terminated run holds no workers, though the engine lives on."""
    loader = DataLoader(range(8), num_workers=1)
    engine = Engine(lambda engine, batch: None)
    passes = []
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: passes.append(weakref.ref(engine._loop._source._pass)))
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=3), engine.terminate)
    engine.run(loader, max_epochs=1)
    gc.collect()
    assert passes[0]() is None
    engine.run(loader, max_epochs=1)
    gc.collect()
    assert passes[-1]() is None


def test_same_loader_in_two_engines():
    """An evaluation over the training loader in the middle of an epoch does not move the trainer."""
    loader = DataLoader(range(6), batch_size=2)
    seen = []
    trainer = Engine(lambda engine, batch: seen.append(batch.tolist()))
    evaluator = Engine(lambda engine, batch: None)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=1), lambda: evaluator.run(loader))
    trainer.run(loader)
    assert seen == [[0, 1], [2, 3], [4, 5]]


class Augmented:
    """Twelve samples, each with a random number."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        return index, torch.rand(()).item()


KEPT = {"num_workers": 1, "persistent_workers": True}


@pytest.mark.parametrize("event", [Events.GET_BATCH_STARTED, Events.ITERATION_STARTED, Events.ITERATION_COMPLETED])
@pytest.mark.parametrize("kept", [{}, KEPT])
@pytest.mark.parametrize("start", [0, 4])
def test_evaluation_on_the_trainers_loader(event, kept, start):
    """An evaluator amid the trainer's pass over the same loader changes neither its samples nor their augmentation."""
    runs = []
    for evaluates in (False, True):
        loader = idist.auto_dataloader(Augmented(), batch_size=4, shuffle=True, seed=1, **kept)
        seen, evaluated = [], []
        trainer = Engine(lambda engine, batch, seen=seen: seen.append([part.tolist() for part in batch]))
        evaluator = Engine(lambda engine, batch, evaluated=evaluated: evaluated.extend(batch[0].tolist()))
        trainer.load_state_dict({"iteration": start, "epoch_length": 3})
        if evaluates:
            trainer.add_event_handler(event(every=2), lambda engine, run=evaluator.run, data=loader: run(data))
        trainer.run(loader, max_epochs=3)
        runs.append(seen)
    assert runs[0] == runs[1]
    assert sorted(evaluated) == sorted(list(range(12)) * (len(evaluated) // 12))


def test_evaluation_on_the_trainers_loader_whose_workers_are_kept():
    """A loader of torch's own with workers that stay for the next pass serves both; then its workers go on."""
    loader = DataLoader(range(12), batch_size=4, **KEPT)
    seen, evaluated, workers = [], [], []
    trainer = Engine(lambda engine, batch: seen.extend(batch.tolist()))
    evaluator = Engine(lambda engine, batch: evaluated.extend(batch.tolist()))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: evaluator.run(loader))
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: workers.append(loader._iterator._workers[0].pid))
    trainer.run(loader, max_epochs=2)
    assert seen == list(range(12)) * 2
    assert evaluated == list(range(12))
    assert workers[0] == workers[1]


def test_a_loader_of_torchs_own_augments_as_without_the_evaluation():
    """The workers that it keeps go on with the random numbers they were started with, and the order is the data's."""
    runs = []
    for evaluates in (False, True):
        torch.manual_seed(0)
        loader, seen = DataLoader(Augmented(), batch_size=4, **KEPT), []
        trainer = Engine(lambda engine, batch, seen=seen: seen.append([part.tolist() for part in batch]))
        if evaluates:
            run = Engine(lambda engine, batch: None).run
            trainer.add_event_handler(
                Events.ITERATION_COMPLETED(every=2), lambda engine, run=run, data=loader: run(data)
            )
        trainer.run(loader, max_epochs=3)
        runs.append(seen)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("engine_class", [Engine, DeterministicEngine])
def test_a_loader_that_wraps_another(engine_class):
    """A subclass of `DataLoader` that only passes on another's batches, and was never made as one, is a stream."""

    class Wrapped(DataLoader):
        def __init__(self, loader):
            self.loader, self.batch_sampler = loader, loader.batch_sampler

        def __iter__(self):
            return iter(self.loader)

        def __len__(self):
            return len(self.loader)

    seen = []
    engine = engine_class(lambda engine, batch: seen.append(batch.item()))
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=4), engine.terminate)
    loader = Wrapped(DataLoader(range(3)))
    engine.run(loader, max_epochs=2)
    engine.run(loader, max_epochs=2)
    assert seen == [0, 1, 2, 0, 1, 2]


def test_length_of():
    """Data tells its length, or nobody knows it."""

    class Unsure:
        def __len__(self):
            raise NotImplementedError

    lengths = [length_of(data) for data in ([1, 2], iter([1]), None, Unsure(), DataLoader(range(5), batch_size=2))]
    assert lengths == [2, None, None, None, 3]


def test_places_follow_from_the_marks():
    """Steps done since the epoch and the pass began; a step that was begun and left counts for neither."""
    progress = Progress()
    progress.open_epoch()
    progress.begun = progress.done = 3
    progress.pass_start = progress.done
    progress.open_epoch()
    progress.begun = 5
    progress.done = 4
    assert (progress.epoch_steps, progress.pass_batches, progress.in_step) == (1, 1, True)


def test_place():
    """Going to another place moves the marks, and forgets a step that was left."""
    progress = Progress(begun=8, done=7)
    progress.place(epoch_steps=4, pass_batches=2)
    assert (progress.epoch_steps, progress.pass_batches, progress.in_step, progress.epoch_is_open) == (
        4,
        2,
        False,
        True,
    )


def test_sampler_of():
    """Only a batch sampler that knows positions is one; torch's own is none, nor is that of data without loader."""
    own = idist.auto_dataloader(range(4), batch_size=2)
    assert sampler_of(own) is own.batch_sampler
    assert sampler_of(DataLoader(range(4), batch_size=2)) is None
    assert sampler_of([1, 2]) is None
    assert sampler_of(SimpleNamespace(batch_sampler=[[0], [1]])) is None


def test_may_be_empty():
    """A process's share of something may be empty; data that is nobody's share may not."""
    assert may_be_empty(idist.auto_dataloader(range(4), batch_size=2))
    assert not may_be_empty(DataLoader(torch.arange(4)))
    assert not may_be_empty([])
