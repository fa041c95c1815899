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
