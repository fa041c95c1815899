"""Deterministic runs: one seed gives the same data, augmentation and random numbers, wherever the run starts."""

import io
import random
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, RandomSampler

import scaffold_runtime.distributed as idist
from scaffold_runtime.engine.deterministic import (
    DeterministicEngine,
    ReproducibleBatchSampler,
    keep_random_state,
    update_dataloader,
)
from scaffold_runtime.engine.events import Events


class Augmented(Dataset[torch.Tensor]):
    """Samples with noise from all three generators."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.tensor([index, torch.rand(()).item(), random.random(), np.random.rand()])


class Noise(IterableDataset[torch.Tensor]):
    """Random numbers, a stream of them."""

    def __iter__(self):
        return (torch.rand(2) for _ in range(4))


LOADERS = {
    "plain": lambda: DataLoader(Augmented(), batch_size=3, shuffle=True),
    "workers": lambda: DataLoader(Augmented(), batch_size=3, shuffle=True, num_workers=2),
    "own generator": lambda: DataLoader(Augmented(), 3, shuffle=True, generator=torch.Generator().manual_seed(1)),
    "batch sampler": lambda: DataLoader(Augmented(), batch_sampler=BatchSampler(RandomSampler(range(10)), 3, False)),
    "no batches": lambda: DataLoader(Augmented(), batch_size=None, shuffle=True),
    "auto": lambda: idist.auto_dataloader(Augmented(), batch_size=3, shuffle=True),
    "stream": lambda: DataLoader(Noise(), batch_size=1),
    "list": lambda: [torch.ones(1), torch.zeros(1), torch.ones(2)],
}


def new_engine(seen: list[Any], seed: int = 3) -> DeterministicEngine[Any, None]:
    """Notes each batch, and a random number that the step draws, as dropout would."""
    engine = DeterministicEngine(lambda engine, batch: seen.append((batch.tolist(), torch.rand(()).item())))
    engine.state.seed = seed
    return engine


def seen_by(data: Any, seed: int = 3) -> list[Any]:
    """What a run of two epochs sees in a program that has drawn something before."""
    seen: list[Any] = []
    torch.rand(random.randrange(1, 9))
    new_engine(seen, seed).run(data, max_epochs=2)
    return seen


@pytest.mark.parametrize("name", LOADERS)
def test_same_seed_same_run(name):
    """The same seed gives the same run, another seed another one; the second epoch differs from the first."""
    first = seen_by(LOADERS[name]())
    assert first == seen_by(LOADERS[name]())
    assert first != seen_by(LOADERS[name](), seed=4)
    assert first[: len(first) // 2] != first[len(first) // 2 :]


def test_workers_make_no_difference():
    """Order and augmentation are the same with workers and without."""
    assert [batch for batch, _ in seen_by(LOADERS["plain"]())] == [batch for batch, _ in seen_by(LOADERS["workers"]())]


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("step", [2, 3, 5])
def test_resumed(name, step):
    """A run that is saved and continued elsewhere sees, and draws, what it would have seen without."""
    expected = seen_by(LOADERS[name]())
    seen: list[Any] = []
    first = new_engine(seen)
    file = io.BytesIO()
    first.add_event_handler(Events.ITERATION_COMPLETED(once=step), lambda engine: torch.save(engine.state_dict(), file))
    first.add_event_handler(Events.ITERATION_COMPLETED(once=step), first.terminate)
    first.run(LOADERS[name](), max_epochs=2)
    file.seek(0)
    torch.manual_seed(77)
    second = new_engine(seen, seed=8)
    second.load_state_dict(torch.load(file, weights_only=True))
    second.run(LOADERS[name](), max_epochs=2)
    assert seen == expected


@pytest.mark.parametrize("name", ["stream", "plain", "list"])
def test_epochs_within_a_pass(name):
    """Where epochs are parts of a pass over the data, all but the first go on with its random numbers."""
    whole, parts, again = [], [], []
    for epoch_length, max_epochs, seen in ((None, 1, whole), (1, None, parts)):
        data = LOADERS[name]()
        new_engine(seen).run(data, max_epochs=max_epochs or len(whole), epoch_length=epoch_length)
    assert parts == whole
    new_engine(again).run(LOADERS[name](), max_epochs=2)
    assert again[len(whole) :] != whole, "the next pass is another one"


@pytest.mark.parametrize("new_object", [False, True])
def test_goes_on_in_the_same_process(new_object):
    """After `terminate` the same call goes on as if nothing had happened, with a loader made anew too."""
    expected = seen_by(LOADERS["plain"]())
    seen: list[Any] = []
    engine = new_engine(seen)
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), engine.terminate)
    data = LOADERS["plain"]()
    engine.run(data, max_epochs=2)
    engine.run(LOADERS["plain"]() if new_object else data, max_epochs=2)
    assert seen == expected


def test_the_seed_is_drawn_from_torch():
    """Without `state.seed`, what the program seeded torch with decides."""

    def run(seed: int) -> list[Any]:
        torch.manual_seed(seed)
        seen: list[Any] = []
        engine = DeterministicEngine(lambda engine, batch: seen.append(batch.tolist()))
        engine.run(LOADERS["plain"]())
        return seen

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_the_loader_is_left_alone():
    """The user's loader is only read."""
    data = LOADERS["plain"]()
    before = dict(vars(data))
    seen_by(data)
    assert vars(data) == before


def test_keep_random_state():
    """A decorated handler leaves no trace in any generator, and gives its result."""

    @keep_random_state
    def draw(number: int) -> int:
        torch.rand(3), random.random(), np.random.rand()
        return number

    torch.manual_seed(0), random.seed(0), np.random.seed(0)
    assert draw(4) == 4
    drawn = torch.rand(()).item(), random.random(), np.random.rand()
    torch.manual_seed(0), random.seed(0), np.random.seed(0)
    assert drawn == (torch.rand(()).item(), random.random(), np.random.rand())


def test_update_dataloader():
    """A loader over other batches is a new one, of the same class; the old one still gives the old batches."""
    old = DataLoader(range(6), batch_size=2)
    new = update_dataloader(old, ReproducibleBatchSampler(old.batch_sampler, start_iteration=1))
    assert [batch.tolist() for batch in new] == [[2, 3], [4, 5]]
    assert [batch.tolist() for batch in new] == [[0, 1], [2, 3], [4, 5]]
    assert [batch.tolist() for batch in old] == [[0, 1], [2, 3], [4, 5]]
    assert (len(new), type(new)) == (3, type(old))


def test_reproducible_batch_sampler_of_something_else():
    """Only batch samplers have batches to draw."""
    with pytest.raises(TypeError) as raised:
        ReproducibleBatchSampler([[1], [2]])
    assert str(raised.value) == "`batch_sampler` should be a `torch.utils.data.BatchSampler`, got [[1], [2]]."


def test_without_data():
    """Steps without data draw the same numbers for the same seed."""

    def drawn(seed):
        numbers = []
        engine = DeterministicEngine(lambda engine, batch: numbers.append(torch.rand(1).item()))
        engine.state.seed = seed
        engine.run(max_epochs=2, epoch_length=3)
        return numbers

    assert drawn(3) == drawn(3) != drawn(4)
    assert len(set(drawn(3))) == 6
