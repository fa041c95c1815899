"""Resuming: from any step, however it was left, the run goes on at the very next batch, and reads no batch twice."""

import io
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    WeightedRandomSampler,
)

import scaffold_runtime.distributed as idist
from scaffold_runtime.engine import Engine, Events

SAMPLES = 22


class Recording(Dataset[int]):
    """Numbers that note when they are read."""

    read: list[int] = []  # noqa: RUF012  # by any of them, whatever wraps it

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> int:
        self.read.append(index)
        return index


class Stream(IterableDataset[int]):
    """Numbers in a row."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(SAMPLES))


class PythonRandom(Sampler[list[int]]):
    """A batch sampler of the user's, drawing from Python's generator."""

    def __init__(self, dataset: Recording) -> None:
        pass

    def __len__(self) -> int:
        return 6

    def __iter__(self) -> Iterator[list[int]]:
        order = random.sample(range(SAMPLES), SAMPLES)
        return (order[start : start + 4] for start in range(0, SAMPLES, 4))


class SizelessBatches:
    """Batches that can be iterated over again, of a number that nobody knows beforehand."""

    def __iter__(self) -> Iterator[list[int]]:
        return iter([[0, 1], [2, 3], [4, 5]])


def loader(**kwargs: Any) -> DataLoader[int]:
    """Batches of four, some of the last two."""
    return DataLoader(Recording(), **({"batch_size": 4} | kwargs))


def generator() -> torch.Generator:
    """Seeded alike in each process."""
    return torch.Generator().manual_seed(7)


DATA: dict[str, Callable[[], Any]] = {
    "list": lambda: [[0, 1], [2, 3], [4], [5]],
    "tensor": lambda: torch.arange(12).reshape(6, 2),
    "sizeless": SizelessBatches,
    "in order": loader,
    "shuffled": lambda: loader(shuffle=True),
    "shuffled, own generator": lambda: loader(shuffle=True, generator=generator()),
    "shuffled, workers": lambda: loader(shuffle=True, num_workers=2),
    "weighted": lambda: loader(sampler=WeightedRandomSampler([1.0, 3.0] * (SAMPLES // 2), SAMPLES)),
    "with replacement": lambda: loader(sampler=RandomSampler(Recording(), replacement=True, num_samples=17)),
    "batch sampler": lambda: DataLoader(Recording(), batch_sampler=PythonRandom(Recording())),
    "list of batches": lambda: DataLoader(Recording(), batch_sampler=[[3, 4], [1], [0, 2]]),
    "no batches": lambda: loader(batch_size=None, sampler=SequentialSampler(Recording())),
    "incomplete batches dropped": lambda: loader(shuffle=True, drop_last=True),
    "stream": lambda: DataLoader(Stream(), batch_size=4),
    "stream, workers": lambda: DataLoader(Stream(), batch_size=4, num_workers=2),
    "workers that stay": lambda: loader(shuffle=True, num_workers=2, persistent_workers=True),
    "auto": lambda: idist.auto_dataloader(Recording(), batch_size=4, shuffle=True),
    "auto, workers": lambda: idist.auto_dataloader(Recording(), batch_size=4, shuffle=True, num_workers=2),
    "auto, in order": lambda: idist.auto_dataloader(Recording(), batch_size=4),
}


def plain(batch: Any) -> Any:
    """Numbers, to be compared."""
    return batch.tolist() if isinstance(batch, torch.Tensor) else batch


def new_engine(seen: list[Any]) -> Engine[Any, None]:
    """Notes each batch that it has trained on."""
    return Engine(lambda engine, batch: seen.append((engine.state.epoch, engine.state.iteration, plain(batch))))


def whole_run(make_data: Callable[[], Any], **bounds: int) -> list[Any]:
    """What a run that nobody disturbs sees."""
    seen: list[Any] = []
    reseed(0)
    new_engine(seen).run(make_data(), **bounds)
    return seen


# Not the engine's own methods, bound to it: it would live until the garbage collector comes by, and with it the workers
# of its loader, each of which torch's iterator then waits for in vain for five seconds.
def terminate(engine: Engine[Any, Any]) -> None:
    """A handler."""
    engine.terminate()


def interrupt(engine: Engine[Any, Any]) -> None:
    """A handler."""
    engine.interrupt()


WAYS = {"terminate": terminate, "interrupt": interrupt}


def reseed(seed: int) -> None:
    """As at the start of a process."""
    torch.manual_seed(seed)
    random.seed(seed)


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """Saved, and loaded as strictly as torch can."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def open_epoch(seen: list[Any], step: int) -> list[Any]:
    """The epoch that the step belongs to: what comes after it draws new random numbers."""
    epoch = seen[step - 1][0]
    return [entry for entry in seen if entry[0] <= epoch]


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("step", [1, 4])
def test_from_a_file(name, step):
    """A new process that loads the state of step k sees what the old one would have seen next."""
    expected = whole_run(DATA[name], max_epochs=2)
    seen: list[Any] = []
    reseed(0)
    first = new_engine(seen)
    saved: list[dict[str, Any]] = []
    first.add_event_handler(
        Events.ITERATION_COMPLETED(once=step), lambda engine: saved.append(through_a_file(engine.state_dict()))
    )
    first.add_event_handler(Events.ITERATION_COMPLETED(once=step), terminate)
    first.run(DATA[name](), max_epochs=2)
    reseed(1)
    second = new_engine(seen)
    second.load_state_dict(saved[0])
    second.run(DATA[name](), max_epochs=2)
    assert open_epoch(seen, step) == open_epoch(expected, step)
    assert (len(seen), second.state.epoch) == (len(expected), 2)
    assert sorted(map(str, second.state_dict())) == sorted(map(str, first.state_dict()))


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("way", ["terminate", "interrupt", "fail"])
def test_in_the_same_process(name, way):
    """However a run was left, the same call goes on at the next step; a step that was not done is done again."""
    expected = whole_run(DATA[name], max_epochs=2)
    seen: list[Any] = []
    engine = new_engine(seen)
    if way == "fail":
        engine.add_event_handler(Events.ITERATION_STARTED(once=3), fail_once())
    else:
        engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), WAYS[way])
    reseed(0)
    data = DATA[name]()
    with pytest.raises(KeyboardInterrupt) if way == "fail" else nullcontext():
        engine.run(data, max_epochs=2)
    assert len(seen) == 2
    engine.run(data, max_epochs=2)
    assert open_epoch(seen, 2) == open_epoch(expected, 2)
    assert len(seen) == len(expected)


def fail_once() -> Callable[[], None]:
    """A handler that raises when it is called first."""
    errors = [KeyboardInterrupt()]

    def fail():
        if errors:
            raise errors.pop()

    return fail


def test_exactly_as_if_nothing_had_happened():
    """With a generator of its own, the loader's later epochs are the same too."""
    name = "shuffled, own generator"
    expected = whole_run(DATA[name], max_epochs=4)
    seen: list[Any] = []
    first = new_engine(seen)
    first.add_event_handler(Events.ITERATION_COMPLETED(once=9), terminate)
    first.run(DATA[name](), max_epochs=4)
    reseed(5)
    second = new_engine(seen)
    second.load_state_dict(through_a_file(first.state_dict()))
    second.run(DATA[name](), max_epochs=4)
    assert seen == expected


@pytest.mark.parametrize("name", ["in order", "shuffled", "weighted", "auto", "auto, in order"])
def test_nothing_is_read_to_be_skipped(name):
    """Samples before the position are not read."""
    first = new_engine([])
    first.add_event_handler(Events.ITERATION_COMPLETED(once=4), terminate)
    first.run(DATA[name](), max_epochs=1)
    Recording.read.clear()
    second = new_engine([])
    second.load_state_dict(first.state_dict())
    second.run(DATA[name]())
    assert len(Recording.read) == SAMPLES - 4 * 4


def test_the_loader_is_left_alone():
    """Resuming changes nothing on the user's loader and draws nothing from the global generators."""
    data = loader(shuffle=True)
    before = dict(vars(data))
    first = new_engine([])
    first.add_event_handler(Events.ITERATION_COMPLETED(once=2), terminate)
    first.run(data, max_epochs=1)
    second = new_engine([])
    second.load_state_dict(first.state_dict())
    reseed(3)
    state = torch.get_rng_state(), random.getstate()
    second.run(data)
    assert vars(data) == before
    assert torch.equal(torch.get_rng_state(), state[0])
    assert random.getstate() == state[1]


def test_a_subclass_of_the_loader_stays_itself():
    """The view of a user's own loader class runs the user's `__iter__`."""

    class Doubling(DataLoader[int]):
        def __iter__(self):
            return (batch * 2 for batch in super().__iter__())

    seen: list[Any] = []
    first = new_engine(seen)
    first.add_event_handler(Events.ITERATION_COMPLETED(once=1), terminate)
    first.run(Doubling(Recording(), batch_size=11), max_epochs=1)
    second = new_engine(seen)
    second.load_state_dict(first.state_dict())
    second.run(Doubling(Recording(), batch_size=11))
    assert [batch for _, _, batch in seen] == [list(range(0, 22, 2)), list(range(22, 44, 2))]


def test_a_generator_goes_on_where_it_is():
    """The same generator object continues, with the batch whose step failed first."""
    seen: list[Any] = []
    engine = new_engine(seen)

    @engine.on(Events.ITERATION_STARTED(once=3))
    def fail():
        if len(seen) == 2:
            seen.append("failed")
            raise ValueError("as asked")

    data = (number for number in range(100))
    with pytest.raises(ValueError, match="as asked"):
        engine.run(data, max_epochs=2, epoch_length=3)
    engine.run(data, max_epochs=2)
    assert [entry if entry == "failed" else entry[2] for entry in seen] == [0, 1, "failed", 2, 3, 4, 5]


def test_epochs_that_are_not_passes():
    """With an `epoch_length` of its own, a run goes on in the middle of a pass over the data."""
    data = list(range(5))
    expected: list[Any] = []
    new_engine(expected).run(data, max_epochs=4, epoch_length=3)
    for step in range(1, 12):
        seen: list[Any] = []
        first = new_engine(seen)
        first.add_event_handler(Events.ITERATION_COMPLETED(once=step), terminate)
        first.run(data, max_epochs=4, epoch_length=3)
        second = new_engine(seen)
        second.load_state_dict(through_a_file(first.state_dict()))
        second.run(data)
        assert seen == expected


def test_state_after_more_epochs():
    """The position counts from the right pass, also after a run that was complete went on."""
    data = loader(shuffle=True, generator=generator())
    engine = new_engine([])
    engine.run(data, max_epochs=1)
    states: list[Any] = []
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: states.append(engine.state_dict()["data"]))
    engine.run(data, max_epochs=2)
    places = [(state["passes"], state["batches"]) for state in states]
    assert places == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 0)]


def test_more_epochs_go_on():
    """A complete run goes on in the next epoch if more epochs are asked for."""
    seen: list[Any] = []
    engine = new_engine(seen)
    engine.run([1, 2], max_epochs=1)
    engine.run([1, 2], max_epochs=2)
    assert seen == [(1, 1, 1), (1, 2, 2), (2, 3, 1), (2, 4, 2)]


def test_max_iters_goes_on_in_the_middle_of_an_epoch():
    """`max_iters` that ends within an epoch can be raised."""
    seen: list[Any] = []
    engine = new_engine(seen)
    engine.run([1, 2, 3], max_iters=2)
    engine.run([1, 2, 3], max_iters=4)
    assert seen == [(1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 4, 1)]


@pytest.mark.parametrize("after", [1, 2, 3])
def test_the_last_step_of_an_epoch_owes_its_end(after):
    """Saved at the last step of an epoch, the run goes on with that epoch's `EPOCH_COMPLETED`."""
    saved: list[Any] = []
    first = Engine(lambda engine, batch: None)
    first.add_event_handler(
        Events.ITERATION_COMPLETED(once=2 * after), lambda engine: saved.append(engine.state_dict())
    )
    first.run([1, 2], max_epochs=3)
    second, names = Engine(lambda engine, batch: None), []
    second.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: names.append(engine.state.epoch))
    second.load_state_dict(saved[0])
    second.run([1, 2])
    assert names == list(range(after, 4))


def test_events_of_a_resumed_epoch():
    """An epoch that was terminated starts again for its handlers, which can tell; an interrupted one just goes on."""
    names: list[Any] = []
    engine = Engine(lambda engine, batch: None)
    for event in (Events.STARTED, Events.EPOCH_STARTED, Events.INTERRUPT, Events.TERMINATE, Events.COMPLETED):
        engine.add_event_handler(event, lambda engine: names.append((engine.last_event_name.name, engine.resuming)))
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=1), interrupt)
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), terminate)
    data = [1, 2, 3]
    for _ in range(3):
        names.append("run")
        engine.run(data, max_epochs=1)
    assert names == [
        "run",
        ("STARTED", False),
        ("EPOCH_STARTED", False),
        ("INTERRUPT", False),
        "run",
        ("TERMINATE", False),
        ("COMPLETED", False),
        "run",
        ("STARTED", False),
        ("EPOCH_STARTED", True),
        ("COMPLETED", False),
    ]


@pytest.mark.parametrize(
    "event",
    [
        Events.STARTED,
        Events.EPOCH_STARTED,
        Events.GET_BATCH_STARTED,
        Events.GET_BATCH_COMPLETED,
        Events.ITERATION_STARTED,
        Events.ITERATION_COMPLETED,
        Events.EPOCH_COMPLETED,
    ],
)
def test_interrupt_at_any_event(event):
    """Wherever it is interrupted, the run continues with the events that it would have fired."""

    def trace(interrupts: bool) -> list[Any]:
        names: list[Any] = []
        data = [1, 2]
        engine = Engine(lambda engine, batch: names.append(batch))
        for each in Events:
            if each not in (Events.INTERRUPT, Events.TERMINATE_SINGLE_EPOCH, Events.EXCEPTION_RAISED):
                engine.add_event_handler(each, lambda engine: names.append(engine.last_event_name.name))
        if interrupts:
            engine.add_event_handler(event, interrupt)
        runs = 0
        while runs == 0 or engine.last_event_name == Events.INTERRUPT:
            engine.run(data, max_epochs=2)
            runs += 1
        assert runs > interrupts
        return names

    assert trace(interrupts=True) == trace(interrupts=False)


def test_state_inside_a_step():
    """A state taken while a step is being done is that of the step before; the step is done again."""
    saved: list[Any] = []
    first = Engine(lambda engine, batch: saved.append(engine.state_dict()))
    first.run([1, 2, 3], max_epochs=1)
    assert [(state["iteration"], state["epoch_steps"]) for state in saved] == [(0, 0), (1, 1), (2, 2)]
    seen: list[Any] = []
    second = new_engine(seen)
    second.load_state_dict(saved[1])
    second.run([1, 2, 3])
    assert seen == [(1, 2, 2), (1, 3, 3)]


def test_batch_sampler_of_torch():
    """A `BatchSampler` over a random sampler continues in its order."""
    make = lambda: DataLoader(Recording(), batch_sampler=BatchSampler(RandomSampler(Recording()), 5, False))  # noqa: E731  # short
    expected = whole_run(make, max_epochs=1)
    seen: list[Any] = []
    reseed(0)
    first = new_engine(seen)
    first.add_event_handler(Events.ITERATION_COMPLETED(once=3), terminate)
    first.run(make(), max_epochs=1)
    second = new_engine(seen)
    second.load_state_dict(first.state_dict())
    second.run(make())
    assert seen == expected


def ranks_run(
    states: list[Any] | None, world_size: int, until: int | None, **sampling: Any
) -> tuple[list[Any], list[Any]]:
    """Global batches that the engines of all ranks see until they are terminated, and the states that they save."""
    shards, saved = [], []
    for rank in range(world_size):
        sampler = idist.ShardedBatchSampler(SAMPLES, seed=3, rank=rank, world_size=world_size, **sampling)
        seen: list[Any] = []
        engine = new_engine(seen)
        if states is not None:
            engine.load_state_dict(through_a_file(states[0]))
        if until is not None:
            engine.add_event_handler(Events.ITERATION_COMPLETED(once=until), terminate)
        engine.run(DataLoader(Recording(), batch_sampler=sampler), max_epochs=2)
        shards.append(seen)
        saved.append(engine.state_dict())
    assert all(state == saved[0] for state in saved)
    batches = [
        (step[0][0], step[0][1], [index for _, _, share in step for index in share])
        for step in zip(*shards, strict=True)
    ]
    return batches, saved


@pytest.mark.parametrize("until", [1, 3, 5, 6, 7, 11])
@pytest.mark.parametrize(("before", "after"), [(2, 1), (2, 3), (1, 2), (3, 2)])
def test_another_number_of_processes(before, after, until):
    """Saved by some processes, continued by others: the same global batches, each sample once per epoch."""
    expected, _ = ranks_run(None, 1, None, batch_size=4)
    first, states = ranks_run(None, before, until, batch_size=4)
    second, _ = ranks_run(states, after, None, batch_size=4)
    assert first + second == expected
    for number in (1, 2):
        samples = [index for epoch, _, batch in expected if epoch == number for index in batch]
        assert sorted(samples) == list(range(SAMPLES))


@pytest.mark.parametrize("until", [1, 3, 5, 6])
def test_another_batch_size(until):
    """Continued with larger batches, an epoch still has each sample once, and as many steps as that takes."""
    first, states = ranks_run(None, 1, until, batch_size=4)
    second, _ = ranks_run(states, 1, None, batch_size=7)
    of_first_epoch = [batch for epoch, _, batch in [*first, *second] if epoch == 1]
    assert sorted(index for batch in of_first_epoch for index in batch) == list(range(SAMPLES))
    assert [len(batch) for epoch, _, batch in second if epoch == 2] == [6, 6, 5, 5]
