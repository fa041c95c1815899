"""States of an engine: its own, those written by hand in Ignite's manner, and those that are none."""

import re

import pytest

from scaffold_runtime.engine import Engine, Events


@pytest.fixture
def engine():
    """An engine that does nothing."""
    return Engine(lambda engine, batch: None)


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ({"epoch": 2, "epoch_length": 3, "max_epochs": 4}, [(3, 7), (3, 8), (3, 9), (4, 10), (4, 11), (4, 12)]),
        ({"iteration": 10, "epoch_length": 3, "max_epochs": 4}, [(4, 11), (4, 12)]),
        ({"epoch": 0, "epoch_length": None, "max_epochs": 1}, [(1, 1), (1, 2), (1, 3)]),
        ({"iteration": 4, "epoch_length": 3, "max_iters": 6}, [(2, 5), (2, 6)]),
    ],
)
def test_by_hand(engine, state, steps):
    """One number with the epoch's length is a position: that of so many completed epochs or iterations."""
    seen = []
    engine.add_event_handler(
        Events.ITERATION_COMPLETED, lambda engine: seen.append((engine.state.epoch, engine.state.iteration))
    )
    engine.load_state_dict(state)
    engine.run(list(range(3)))
    assert seen == steps


def test_user_keys(engine):
    """Attributes that are named as keys go with the position."""
    engine.state_dict_user_keys.append("best")
    engine.state.best = 0.5
    engine.run([1, 2])
    other = Engine(lambda engine, batch: None)
    other.state_dict_user_keys.append("best")
    other.load_state_dict(engine.state_dict())
    assert (other.state.best, other.state.iteration) == (0.5, 2)


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ([1, 2], TypeError, "An engine's state is a mapping, got [1, 2]."),
        (
            {"weight": 1, "bias": 2},
            ValueError,
            "An engine's state should have epoch_length, iteration (or epoch); this one has weight, bias. "
            "Is it the state of another object?",
        ),
        (
            {},
            ValueError,
            "An engine's state should have epoch_length, iteration (or epoch); this one has nothing. "
            "Is it the state of another object?",
        ),
        (
            {"epoch": -1, "epoch_length": 3},
            ValueError,
            "`epoch` of an engine's state should be a count, got -1.",
        ),
        (
            {"iteration": 2.5, "epoch_length": 3},
            ValueError,
            "`iteration` of an engine's state should be a count, got 2.5.",
        ),
        (
            {"epoch": 3, "epoch_length": None},
            ValueError,
            "Without `epoch_length` nobody knows where epochs begin; it is None in an engine's state at epoch 3.",
        ),
    ],
)
def test_bad_states(engine, state, error, message):
    """What is no state of an engine is refused, and the engine stays where it was."""
    engine.run([1])
    with pytest.raises(error, match=re.escape(message)) as raised:
        engine.load_state_dict(state)
    assert str(raised.value) == message
    assert (engine.state.epoch, engine.state.iteration) == (1, 1)


def test_missing_user_key(engine):
    """A key that this engine needs and the state has not is named."""
    state = engine.state_dict()
    engine.state_dict_user_keys.append("best")
    with pytest.raises(ValueError, match="best") as raised:
        engine.load_state_dict(state)
    assert str(raised.value) == (
        f"An engine's state should have best; this one has {', '.join(state)}. Is it the state of another object?"
    )


def test_keys():
    """The position is a few numbers, and whatever attributes of the state the user names."""
    engine = Engine(lambda engine, batch: None)
    engine.state_dict_user_keys.append("alpha")
    engine.state.alpha = 0.5
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=3), engine.terminate)
    engine.run([1, 2], max_epochs=2)
    assert engine.state_dict() == {
        "epoch": 2,
        "iteration": 3,
        "epoch_length": 2,
        "max_epochs": 2,
        "max_iters": None,
        "epoch_steps": 1,
        "epoch_is_walk": True,
        "data": {"walks": 1, "batches": 1},
        "alpha": 0.5,
    }
    other = Engine(lambda engine, batch: None)
    other.state_dict_user_keys.append("alpha")
    other.load_state_dict(engine.state_dict())
    assert other.state.alpha == 0.5
    assert other.state_dict() == engine.state_dict()


def test_a_complete_run_stays_complete():
    """The state of a complete run, run to the same end, makes no step; to a later end, the rest."""
    engine = Engine(lambda engine, batch: None)
    engine.run(["a", "b", "c"], max_epochs=2)
    for epochs, iterations in ((2, 6), (3, 9)):
        other = Engine(lambda engine, batch: None)
        other.load_state_dict(engine.state_dict())
        assert other.run(["a", "b", "c"], max_epochs=epochs).iteration == iterations


def test_of_another_run():
    """In the middle of an epoch, data of another length is not the data of that epoch; at its start it may be new."""
    first = Engine(lambda engine, batch: None)
    first.add_event_handler(Events.ITERATION_COMPLETED(once=4), first.terminate)
    first.run(range(5), max_epochs=2)
    second = Engine(lambda engine, batch: None)
    second.load_state_dict(first.state_dict())
    with pytest.raises(ValueError, match="steps into") as raised:
        second.run(range(7))
    assert str(raised.value) == (
        "The run is 4 steps into an epoch of 5, but this data has 7 batches, so it is not the data of that epoch. Give "
        "the same data; only a loader of `idist.auto_dataloader` can be continued with another batch size or number "
        "of processes."
    )
    first.run(range(5), max_epochs=2)
    third = Engine(lambda engine, batch: None)
    third.load_state_dict(first.state_dict())
    assert third.run(range(7), max_epochs=3).iteration == 10 + 7
