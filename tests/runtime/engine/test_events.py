"""Events, their filters and their mixtures, and the state that counts them."""

import pickle

import numpy as np
import pytest

from scaffold_runtime.engine import Engine
from scaffold_runtime.engine.events import CallableEventWithFilter, EventEnum, EventFilter, Events, EventsList, State


class Namesakes(EventEnum):
    STARTED = "started"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (EventFilter(every=3), [3, 6, 9, 12]),
        (EventFilter(once=(2,)), [2]),
        (EventFilter(once=(7, 1)), [1, 7]),
        (EventFilter(before=4), [1, 2, 3]),
        (EventFilter(after=9), [10, 11, 12]),
        (EventFilter(before=6, after=2), [3, 4, 5]),
        (EventFilter(every=4, after=2), [3, 7, 11]),
        (EventFilter(every=3, before=8), [1, 4, 7]),
        (EventFilter(every=2, before=9, after=3), [4, 6, 8]),
        (EventFilter(before=0), []),
    ],
)
def test_filter(given, expected):
    """A filter allows the counts worked out by hand, and `next_from` is the first of them from anywhere."""
    assert [count for count in range(1, 13) if given(None, count)] == expected
    for count in range(1, 13):
        assert min(given.next_from(count), 13) == min((allowed for allowed in expected if allowed >= count), default=13)


def test_predicate_is_asked_with_engine_and_count():
    """A predicate decides by the engine and the count."""
    event_filter = Events.STARTED(lambda engine, count: engine == "engine" and count > 2).filter
    assert [event_filter("engine", count) for count in (1, 2, 3)] == [False, False, True]


def test_identity_is_the_member():
    """Events of two enums with the same name and value are two events, and their name is none."""
    assert Namesakes.STARTED != Events.STARTED
    assert len({Namesakes.STARTED, Events.STARTED, "STARTED", "started"}) == 4


def test_filtered_events_compare_by_value():
    """Two equal filters on one event are equal, and share a hash."""
    assert Events.STARTED(every=2) == Events.STARTED(every=2)
    assert hash(Events.STARTED(every=2)) == hash(Events.STARTED(every=2))
    assert Events.STARTED(every=2) != Events.STARTED(every=3)
    assert Events.STARTED(every=2).name == "STARTED"


def test_a_filtered_event_equals_its_event():
    """A handler that is told at which event it runs need not know its filter; mappings tell the two apart."""
    filtered = Events.EPOCH_STARTED(every=2)
    assert filtered == Events.EPOCH_STARTED
    assert Events.EPOCH_STARTED in (filtered,)
    assert Events.STARTED not in (filtered, Namesakes.STARTED)
    assert {Events.EPOCH_STARTED: 1, filtered: 2}[filtered] == 2
    assert (filtered.name, filtered.value) == ("EPOCH_STARTED", "epoch_started")


def test_a_list_is_indexed():
    """The events of a list are counted from 0."""
    events = Events.STARTED | Events.COMPLETED(once=1)
    assert (events[0], events[-1], len(events)) == (Events.STARTED, Events.COMPLETED(once=1), 2)


def test_whole_numbers_of_other_libraries():
    """A count may be numpy's."""
    counts = np.arange(5)
    given = Events.STARTED(every=counts[2], before=counts[4], after=counts[0]).filter
    assert [count for count in range(6) if given(None, count)] == [1, 3]


def test_lists_are_immutable():
    """`|` makes a new list and leaves both sides as they were."""
    first = Events.STARTED | Events.COMPLETED
    second = first | Events.EPOCH_COMPLETED(every=2)
    third = Events.EPOCH_STARTED(once=1) | first
    assert list(first) == [Events.STARTED, Events.COMPLETED]
    assert list(second) == [*first, Events.EPOCH_COMPLETED(every=2)]
    assert list(third) == [Events.EPOCH_STARTED(once=1), *first]
    assert len(second | third) == 6
    assert isinstance(first, EventsList)
    assert isinstance(Events.STARTED(every=1), CallableEventWithFilter)


KINDS = (
    "`STARTED(...)` takes exactly one kind of filter: `event_filter`, or `once`, "
    "or some of `every`, `before` and `after`."
)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, KINDS),
        ({"every": 2, "once": 1}, ValueError, KINDS),
        ({"event_filter": bool, "every": 2}, ValueError, KINDS),
        ({"event_filter": 5}, TypeError, "`event_filter` should be a callable of (engine, count), got 5."),
        ({"every": 0}, ValueError, "`every` should be an integer of at least 1, got [0]."),
        ({"every": 1.5}, ValueError, "`every` should be an integer of at least 1, got [1.5]."),
        ({"every": "2"}, ValueError, "`every` should be an integer of at least 1, got ['2']."),
        ({"once": 2.0}, ValueError, "`once` should be an integer of at least 1, got [2.0]."),
        ({"once": "12"}, ValueError, "`once` should be an integer of at least 1, got ['1', '2']."),
        ({"once": -1}, ValueError, "`once` should be an integer of at least 1, got [-1]."),
        ({"once": []}, ValueError, "`once` should be an integer of at least 1, got []."),
        ({"once": [3, "4"]}, ValueError, "`once` should be an integer of at least 1, got [3, '4']."),
        ({"before": -2}, ValueError, "`before` should be an integer of at least 0, got [-2]."),
        ({"after": "x"}, ValueError, "`after` should be an integer of at least 0, got ['x']."),
    ],
)
def test_bad_filters(arguments, error, message):
    """What can be no filter is refused with a sentence that shows it."""
    with pytest.raises(error) as raised:
        Events.STARTED(**arguments)
    assert str(raised.value) == message


@pytest.mark.parametrize("predicate", [lambda: True, lambda engine: True, lambda engine, count, more: True])
def test_predicates_of_something_else(predicate):
    """What cannot be called with an engine and a count is refused before it would be."""
    with pytest.raises(
        ValueError, match=r"`event_filter` should take \(engine, count\); got one that cannot: <function"
    ):
        Events.STARTED(predicate)


def test_a_builtin_that_does_not_tell_its_parameters():
    """It is believed to take what it is given."""
    assert Events.STARTED(event_filter=max).filter.predicate is max


def test_attributes_are_ordinary():
    """Handlers may add attributes, and the constructor takes any."""
    state = State(iteration=4, best=0.5)
    state.more = [1]
    assert (state.iteration, state.best, state.more, state.epoch) == (4, 0.5, [1], 0)


def test_missing_attribute():
    """A missing attribute is Python's own error, and reading the others stays as fast as it can be."""
    with pytest.raises(AttributeError, match="'State' object has no attribute 'scaler'"):
        _ = State().scaler
    assert not hasattr(State, "__getattr__")


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


def test_a_state_made_by_hand_counts():
    """Its numbers count events as those of an engine do."""
    state = State(epoch=3, iteration=17)
    counted = [event for event in Events if event in state.event_to_attr]
    assert [state.get_event_attrib_value(event) for event in counted] == [3, 3, 3, 3, 17, 17, 17, 17]
    assert state.get_event_attrib_value(Events.EPOCH_STARTED(every=2)) == 3


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
