"""Handlers of one event: their order, when they are due, and how they are called."""

import functools

import pytest

from scaffold_runtime.engine import Engine, EventEnum, Events
from scaffold_runtime.engine.events import NEVER
from scaffold_runtime.engine.listeners import Listener, Listeners, call_form


def listener(handler, event=Events.EPOCH_STARTED, priority=0):
    """A handler that takes the engine, with the event's filter."""
    return Listener(handler, getattr(event, "filter", None), (), {}, True, False, priority)


def test_next_count():
    """The next count that concerns anybody: none without handlers, each with a plain one, else the filters' next."""
    listeners = Listeners("event")
    assert listeners.next_count == NEVER
    tenth = listener(print, Events.EPOCH_STARTED(every=10))
    listeners.add(tenth)
    listeners.rewind(1)
    assert listeners.next_count == 10
    listeners.rewind(11)
    assert listeners.next_count == 20
    seventh = listener(print, Events.EPOCH_STARTED(once=17))
    listeners.add(seventh)
    listeners.rewind(11)
    assert listeners.next_count == 17
    listeners.rewind(18)
    assert listeners.next_count == 20
    plain = listener(print)
    listeners.add(plain)
    assert listeners.next_count == 0
    for each in (plain, tenth, seventh):
        listeners.remove(each)
    assert listeners.next_count == NEVER


def test_a_predicate_is_asked_at_every_count():
    """Nobody can foresee what a function of the user's will say."""
    asked = []
    listeners = Listeners("event")
    listeners.add(listener(print, Events.EPOCH_STARTED(event_filter=lambda engine, count: asked.append(count))))
    for count in (1, 2, 3):
        assert listeners.next_count <= count
        listeners.fire(Engine(lambda engine, batch: None), count)
    assert asked == [1, 2, 3]


def test_order():
    """Higher priorities run first, equal ones as they were added, filtered or not."""
    ran, listeners = [], Listeners("event")
    engine = Engine(lambda engine, batch: None)
    for name, priority, event in (
        ("first added", 0, Events.EPOCH_STARTED),
        ("urgent", 5, Events.EPOCH_STARTED(every=2)),
        ("late", -5, Events.EPOCH_STARTED),
        ("second added", 0, Events.EPOCH_STARTED(every=2)),
    ):
        listeners.add(listener(lambda engine, name=name: ran.append(name), event, priority))
    listeners.rewind(1)
    listeners.fire(engine, 1)
    assert ran == ["first added", "late"]
    ran.clear()
    listeners.fire(engine, 2)
    assert ran == ["urgent", "first added", "second added", "late"]


class Watched(EventEnum):
    """An event that counts what the state says."""

    LOOKED = "looked"


def test_a_count_that_stays_or_goes_back():
    """A filter holds for the state's number, also where that is the same as before or smaller."""
    engine, seen = Engine(lambda engine, batch: None), []
    engine.register_events(Watched.LOOKED, event_to_attr={Watched.LOOKED: "looks"})
    engine.add_event_handler(Watched.LOOKED(every=2), lambda engine: seen.append(engine.state.looks))
    for looks in (1, 2, 2, 3, 4, 2, 1, 2):
        engine.state.looks = looks
        engine.fire_event(Watched.LOOKED)
    assert seen == [2, 2, 4, 2, 2]


def test_call_forms():
    """The fullest form that fits is taken; what the event brings counts for more than the engine."""
    assert call_form(lambda engine, error, more: None, (1,), {}, event_args=(ValueError(),)) == (True, True)
    assert call_form(lambda error, more: None, (1,), {}, event_args=(ValueError(),)) == (False, True)
    assert call_form(lambda more: None, (1,), {}, event_args=(ValueError(),)) == (False, False)
    assert call_form(lambda engine, more, key: None, (1,), {"key": 2}, event_args=(0, 0)) == (True, False)
    assert call_form(lambda: None, (), {}) == (False, True)
    assert call_form(functools.partial(lambda a, engine: None, 1), (), {}) == (True, True)
    assert call_form(print, (), {}) == (True, True)


def test_a_handler_that_fits_in_no_form():
    """The sentence shows the handler and what it would be called with."""

    def handler(engine, a, b, c):
        pass

    with pytest.raises(ValueError, match="fits neither") as caught:
        call_form(handler, (1,), {"c": 2})
    name = "test_a_handler_that_fits_in_no_form.<locals>.handler"
    assert str(caught.value) == (
        f"Handler `{name}(engine, a, b, c)` fits neither `(engine, 1, c=2)` nor that without the engine. "
        "Change its parameters, or the arguments that it is registered with."
    )
