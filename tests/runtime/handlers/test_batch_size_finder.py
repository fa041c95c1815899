"""The largest batch that fits."""

import pytest
import torch
from torch import nn

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import BatchSizeFinder
from scaffold_runtime.handlers.batch_size_finder import is_out_of_memory


def trainer_with_room_for(most, tried, error=torch.OutOfMemoryError):
    """A step that runs out of memory above a size; what stands for a device's memory here."""

    def step(engine, batch):
        tried.append(len(batch))
        if len(batch) > most:
            raise error("CUDA out of memory.")

    return Engine(step)


@pytest.mark.parametrize("most", [1, 2, 3, 64, 100, 127])
def test_the_largest_size(most):
    """It is found exactly, in some more trials than it has binary digits."""
    tried = []
    finder = BatchSizeFinder(trainer_with_room_for(most, tried), {})
    assert finder.run(lambda size: [torch.zeros(size)] * 2) == most
    assert len(set(tried)) <= 16


@pytest.mark.parametrize(("start", "limit", "expected"), [(1, 50, 50), (7, 50, 50), (50, 50, 50), (8, 10**9, 100)])
def test_between_two_bounds(start, limit, expected):
    """No size below the first or above the limit is tried."""
    tried = []
    finder = BatchSizeFinder(trainer_with_room_for(100, tried), {}, num_iterations=1)
    assert finder.run(lambda size: [torch.zeros(size)], start=start, limit=limit) == expected
    assert min(tried) == start
    assert max(tried) <= limit


def test_memory_that_really_runs_out():
    """A real allocation that cannot be had, at some size, is found, and everything is as before."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.Adam(model.parameters())

    def step(engine, batch):
        model(batch).sum().backward()
        optimizer.step()
        torch.empty(2**60 if len(batch) > 10 else 1)  # activations, as it were

    before = [weight.clone() for weight in model.parameters()]
    trainer = Engine(step)
    found = BatchSizeFinder(trainer, {"model": model, "optimizer": optimizer}).run(lambda size: [torch.ones(size, 1)])
    assert found == 10
    assert all(torch.equal(one, other) for one, other in zip(before, model.parameters(), strict=True))
    assert optimizer.state_dict()["state"] == {}
    assert trainer.state.iteration == 0
    assert (trainer.state.batch, trainer.state.output, trainer.state.dataloader) == (None, None, None)


def test_errors_of_other_kinds_go_through():
    """A mistake in the step is no lack of memory."""
    trainer = trainer_with_room_for(3, [], error=ValueError)
    with pytest.raises(ValueError, match="CUDA out of memory"):
        BatchSizeFinder(trainer, {}).run(lambda size: [torch.zeros(size)])
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shapes differ"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": 8}, "^A batch of 8 does not fit into memory"),
        ({"start": 0}, "at least 1 and `start` at most `limit`, got 0"),
        ({"start": 9, "limit": 8}, "at most `limit`, got 9 and 8"),
    ],
)
def test_sizes_that_cannot_be(options, message):
    """Each is told in a sentence."""
    with pytest.raises(ValueError, match=message):
        BatchSizeFinder(trainer_with_room_for(4, []), {}).run(lambda size: [torch.zeros(size)], **options)
