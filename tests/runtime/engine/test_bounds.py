"""Calls of `run` that cannot be meant are refused, each with its own sentence."""

import re

import pytest

from scaffold_runtime.engine import Engine, Events


class Sizeless:
    """Batches that can be walked over again, of a number that nobody knows beforehand."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


@pytest.fixture
def engine():
    """An engine that does nothing."""
    return Engine(lambda engine, batch: None)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"data": 5}, TypeError, "`data` should be iterable - a list, a loader, a generator - got 5."),
        (
            {"data": [1], "max_epochs": 2, "max_iters": 3},
            ValueError,
            "Give `max_epochs` or `max_iters`, not both: they say the same thing in two units.",
        ),
        ({"data": [1], "max_epochs": 0}, ValueError, "`max_epochs` should be at least 1, got 0."),
        ({"data": [1], "max_iters": -3}, ValueError, "`max_iters` should be at least 1, got -3."),
        ({"data": [1], "epoch_length": 0}, ValueError, "`epoch_length` should be at least 1, got 0."),
        (
            {"data": []},
            ValueError,
            "The data is empty: `len(data)` is 0, and an engine needs at least one batch.",
        ),
        (
            {"data": iter([])},
            ValueError,
            "The data is empty: it gave no batch, and an engine needs at least one.",
        ),
        (
            {"data": iter([]), "epoch_length": 3},
            ValueError,
            "The data is empty: it gave no batch, and an engine needs at least one.",
        ),
        (
            {"max_epochs": 2},
            ValueError,
            "Without data, `epoch_length` says how many steps an epoch has; it was not given.",
        ),
    ],
)
def test_arguments(engine, arguments, error, message):
    """What no run could use is refused."""
    with pytest.raises(error) as raised:
        engine.run(**arguments)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            {"max_epochs": 3},
            {"max_epochs": 2},
            "`max_epochs` should be at least 3, which the run has reached; got 2. "
            "To start over, set `engine.state.max_epochs` and `engine.state.max_iters` to None first.",
        ),
        (
            {"max_iters": 5},
            {"max_iters": 4},
            "`max_iters` should be at least 5, which the run has reached; got 4. "
            "To start over, set `engine.state.max_epochs` and `engine.state.max_iters` to None first.",
        ),
        (
            {"max_iters": 5},
            {"max_iters": 5},
            "The run is complete after 3 epochs, 5 iterations, and `max_iters=5` asks for no more. "
            "Ask for more to go on; to start over, set `engine.state.max_epochs` and `engine.state.max_iters` "
            "to None first.",
        ),
        (
            {"max_epochs": 1},
            {"max_epochs": 2, "epoch_length": 7},
            "The run has epochs of 2 iterations, and `epoch_length=7` would change that on the way. "
            "Leave it out to go on.",
        ),
    ],
)
def test_against_the_position(engine, first, second, message):
    """What contradicts the place where the run is, is refused, and the run is not disturbed by it."""
    engine.run([1, 2], **first)
    reached = engine.state.epoch, engine.state.iteration
    with pytest.raises(ValueError, match=re.escape(message[:20])) as raised:
        engine.run([1, 2], **second)
    assert str(raised.value) == message
    engine.run([1, 2], **{key: value + 1 for key, value in first.items()})
    assert (engine.state.epoch, engine.state.iteration) > reached


def test_other_data_in_the_middle_of_an_epoch(engine):
    """In the middle of an epoch, data of another length is not the data of that epoch."""
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda engine: engine.terminate())
    engine.run([1, 2, 3], max_epochs=2)
    with pytest.raises(ValueError, match="steps into") as raised:
        engine.run([1, 2, 3, 4], max_epochs=2)
    assert str(raised.value) == (
        "The run is 2 steps into an epoch of 3, but this data has 4 batches, so it is not the data of that epoch. "
        "Give the same data; only a loader of `idist.auto_dataloader` can be continued with another batch size or "
        "number of processes."
    )


def test_data_that_ends_early(engine):
    """Data that ends for good before the run does ends the run, with a warning that says where."""
    with pytest.warns(UserWarning, match="ended") as warned:
        engine.run(iter(range(5)), max_epochs=3, epoch_length=2)
    assert [str(warning.message) for warning in warned] == [
        "The data ended for good at iteration 5, in epoch 3, and 3 epochs were asked for; the run ends here. "
        "Give data that can be walked over again, or ask for less."
    ]
    assert (engine.state.epoch, engine.state.iteration) == (3, 5)


def test_length_of_sizeless_data(engine):
    """The first walk over data without a length says how long an epoch is."""
    lengths = []
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: lengths.append(engine.state.epoch_length))
    engine.run(Sizeless([1, 2, 3]), max_epochs=2)
    assert lengths == [3, 3]
    assert engine.state.iteration == 6


def test_step_that_cannot_be_called():
    """An engine's function takes the engine and a batch; anything else is refused at once."""

    def step(batch):
        return batch

    with pytest.raises(ValueError, match="called") as raised:
        Engine(step)
    assert str(raised.value) == (
        "`test_step_that_cannot_be_called.<locals>.step(batch)` cannot be called as `(engine, batch)`, as the function "
        "that does a step is."
    )
    with pytest.raises(TypeError) as raised:
        Engine(None)
    assert str(raised.value) == "An engine needs a function that does its steps, got None."
