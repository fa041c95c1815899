"""The state."""

import pickle

import pytest

from scaffold_runtime.engine import Engine, Events, State


def test_attributes_are_ordinary():
    """Handlers may add attributes, and the constructor takes any."""
    state = State(iteration=4, best=0.5)
    state.more = [1]
    assert (state.iteration, state.best, state.more, state.epoch) == (4, 0.5, [1], 0)


def test_missing_attribute():
    """A missing attribute is an error that tells those there are."""
    with pytest.raises(AttributeError) as raised:
        _ = State().scaler
    assert str(raised.value) == (
        "The engine's state has no attribute 'scaler'; it has batch, dataloader, epoch, epoch_length, event_to_attr, "
        "iteration, max_epochs, max_iters, metrics, output, seed, times."
    )


def test_states_share_nothing():
    """Metrics written into one state do not show in another."""
    State().metrics["accuracy"] = 1.0
    assert State().metrics == {}


def test_pickles():
    """A state survives pickling."""
    state = pickle.loads(pickle.dumps(State(iteration=3, best=0.5)))
    assert (state.iteration, state.best) == (3, 0.5)


def test_repr_is_brief():
    """Values that may be long are shown by their type."""
    assert repr(State(output=[0] * 1000)).splitlines()[:2] == ["State:", "\titeration: 0"]
    assert "\toutput: <class 'list'>" in repr(State(output=[0] * 1000))


def test_event_counts():
    """The attribute that counts an event is found by the event, filtered or not."""
    engine = Engine(lambda engine, batch: None)
    engine.run([1, 2, 3], max_epochs=2)
    assert engine.state.get_event_attrib_value(Events.ITERATION_COMPLETED) == 6
    assert engine.state.get_event_attrib_value(Events.EPOCH_COMPLETED(every=2)) == 2
    with pytest.raises(RuntimeError) as raised:
        engine.state.get_event_attrib_value(Events.TERMINATE)
    assert str(raised.value) == (
        f"No attribute of the state counts {Events.TERMINATE!r}; see `register_events(event_to_attr=...)`."
    )
