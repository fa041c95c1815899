"""Handlers: how they are added, called, ordered and removed."""

import functools
import weakref

import pytest

from scaffold_runtime.engine import Engine, EventEnum, Events, RemovableEventHandle
from scaffold_runtime.engine.event_source import Listener, Listeners, call_form
from scaffold_runtime.engine.events import NEVER


class Backprop(EventEnum):
    STARTED = "backprop_started"
    COMPLETED = "backprop_completed"


@pytest.fixture
def engine():
    """An engine that does nothing."""
    return Engine(lambda engine, batch: None)


@pytest.fixture
def calls():
    """What handlers note."""
    return []


def test_arguments(engine, calls):
    """A handler gets the engine if it takes it, then what it was registered with."""
    engine.add_event_handler(Events.STARTED, lambda engine, a, b=0: calls.append((engine, a, b)), 1, b=2)
    engine.add_event_handler(Events.STARTED, lambda a: calls.append(a), "no engine")
    engine.add_event_handler(Events.STARTED, lambda: calls.append("nothing"))
    engine.add_event_handler(Events.STARTED, lambda *args, **kwargs: calls.append((args, kwargs)), 3, key=4)
    engine.run([0])
    assert calls == [(engine, 1, 2), "no engine", "nothing", ((engine, 3), {"key": 4})]


def test_any_callable(engine, calls):
    """Methods, callable objects, partials and builtins are handlers too."""

    class Notes:
        def method(self, engine):
            calls.append("method")

        def __call__(self, engine):
            calls.append("object")

    notes = Notes()
    engine.add_event_handler(Events.STARTED, notes.method)
    engine.add_event_handler(Events.STARTED, notes)
    engine.add_event_handler(Events.STARTED, functools.partial(lambda word, engine: calls.append(word), "partial"))
    engine.add_event_handler(Events.STARTED, calls.append)
    engine.run([0])
    assert calls == ["method", "object", "partial", engine]


def test_on_returns_the_function(engine, calls):
    """The decorator leaves the function as it is and passes its arguments on."""

    def note(engine, word):
        calls.append(word)

    assert engine.on(Events.STARTED, "hello")(note) is note
    engine.run([0])
    assert calls == ["hello"]


def test_priority(engine, calls):
    """Higher priorities run first; equal ones as registered."""
    for word, priority in (("a", 0), ("last", -1), ("b", 0), ("first", 5)):
        engine.on(Events.STARTED, word, priority=priority)(lambda word: calls.append(word))
    engine.run([0])
    assert calls == ["first", "a", "b", "last"]


def test_several_events(engine, calls):
    """A handler on a mixture runs at each of its events, with the filter of each."""
    engine.add_event_handler(
        Events.STARTED | Events.ITERATION_COMPLETED(every=3) | Events.EPOCH_COMPLETED(once=2),
        lambda engine: calls.append((engine.last_event_name, engine.state.iteration)),
    )
    engine.run([0] * 4, max_epochs=2)
    assert calls == [
        (Events.STARTED, 0),
        (Events.ITERATION_COMPLETED, 3),
        (Events.ITERATION_COMPLETED, 6),
        (Events.EPOCH_COMPLETED, 8),
    ]


def test_remove(engine, calls):
    """A removed handler is not called, and `has_event_handler` knows."""

    def note():
        calls.append(1)

    engine.add_event_handler(Events.STARTED | Events.COMPLETED, note)
    assert engine.has_event_handler(note)
    assert engine.has_event_handler(note, Events.COMPLETED)
    assert not engine.has_event_handler(note, Events.EPOCH_COMPLETED)
    assert not engine.has_event_handler(note, "of another engine")
    engine.remove_event_handler(note, Events.STARTED)
    assert not engine.has_event_handler(note, Events.STARTED)
    engine.run([0])
    assert calls == [1]


def test_remove_a_method(engine, calls):
    """A bound method is found again, though each access makes a new object."""
    engine.add_event_handler(Events.STARTED, calls.append)
    engine.remove_event_handler(calls.append, Events.STARTED)
    assert not engine.has_event_handler(calls.append)


def test_remove_what_is_not_there(engine):
    """Removing a handler that does not listen is an error that names both."""
    with pytest.raises(ValueError, match="listen") as raised:
        engine.remove_event_handler(print, Events.STARTED)
    assert str(raised.value) == "Handler <built-in function print> does not listen to Events.STARTED."


def test_handle(engine, calls):
    """A handle removes exactly what it was given for, once."""
    handle = engine.add_event_handler(Events.STARTED | Events.COMPLETED, lambda: calls.append("mine"))
    engine.add_event_handler(Events.STARTED, lambda: calls.append("other"))
    handle.remove()
    handle.remove()
    engine.run([0])
    assert calls == ["other"]


def test_a_handle_tells_what_it_holds(engine, calls):
    """The event, the handler and, while there is one, the engine."""
    handle = engine.add_event_handler(Events.STARTED(once=1), calls.append)
    assert (handle.event_name, handle.handler(), handle.engine()) == (Events.STARTED(once=1), calls.append, engine)
    handle.remove()
    assert handle.handler() is None


def test_a_handle_keeps_nothing():
    """Neither the engine nor the handler lives on because of it."""
    engine = Engine(lambda engine, batch: None)

    def handler():
        pass

    handle = engine.add_event_handler(Events.STARTED | Events.COMPLETED, handler)
    gone = weakref.ref(handler)
    del engine, handler
    assert (handle.engine(), handle.handler(), gone()) == (None, None, None)
    handle.remove()


def test_a_handle_made_by_hand(engine, calls):
    """It takes off whatever the handler listens to at its events."""
    for event in (Events.STARTED, Events.EPOCH_STARTED(every=2), Events.COMPLETED):
        engine.add_event_handler(event, calls.append)
    with RemovableEventHandle(Events.STARTED | Events.EPOCH_STARTED, calls.append, engine):
        pass
    assert [event for event in Events if engine.has_event_handler(calls.append, event)] == [Events.COMPLETED]


def test_the_event_fired_last():
    """It is known also if nobody listened: after a run, after each way to leave it early, and where an epoch begins."""
    engine = Engine(lambda engine, batch: None)
    assert engine.last_event_name is None
    engine.run([1, 2])
    assert engine.last_event_name == Events.COMPLETED
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: engine.interrupt())
    engine.run([1, 2], max_epochs=2)
    assert engine.last_event_name == Events.INTERRUPT
    assert not engine.should_interrupt
    engine = Engine(lambda engine, batch: engine.terminate(skip_completed=True))
    engine.run([1, 2])
    assert engine.last_event_name == Events.TERMINATE
    engine = Engine(lambda engine, batch: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        engine.run([1])
    assert engine.last_event_name == Events.EXCEPTION_RAISED
    seen = []
    engine = Engine(lambda engine, batch: seen.append(engine.last_event_name))
    engine.run([1])
    assert seen == [Events.EPOCH_STARTED]


def test_handle_as_context(engine, calls):
    """A handler lives as long as the `with` block."""
    with engine.add_event_handler(Events.STARTED, lambda: calls.append(1)):
        engine.run([0])
    engine.run([0])
    assert calls == [1]


def test_added_and_removed_while_running(engine, calls):
    """A handler may add another one, and remove itself, in the middle of an epoch; both hold from the next event on."""

    def late(engine):
        calls.append(("late", engine.state.iteration))

    def early(engine):
        calls.append(("early", engine.state.iteration))
        if engine.state.iteration == 2:
            engine.add_event_handler(Events.ITERATION_COMPLETED, late)
            handle.remove()

    handle = engine.add_event_handler(Events.ITERATION_COMPLETED, early)
    engine.run([0] * 4)
    assert calls == [("early", 1), ("early", 2), ("late", 3), ("late", 4)]


def test_a_count_that_is_moved(engine, calls):
    """A handler may move the count of iterations, forth and back; filters hold by the new one."""
    moves = {2: 8, 12: 3}

    @engine.on(Events.ITERATION_COMPLETED)
    def move(engine):
        engine.state.iteration = moves.pop(engine.state.iteration, engine.state.iteration)

    engine.add_event_handler(
        Events.ITERATION_STARTED(every=5) | Events.ITERATION_COMPLETED(every=5),
        lambda engine: calls.append(engine.state.iteration),
    )
    engine.run([0] * 10)
    assert calls == [10, 10, 5, 5]


def test_batch_that_is_replaced():
    """A handler before the step may put another batch in its place; it finds no output of the step before."""
    engine, outputs = Engine(lambda engine, batch: batch * 10), []

    @engine.on(Events.ITERATION_STARTED)
    def replace(engine):
        outputs.append(engine.state.output)
        engine.state.batch += 1

    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: outputs.append(engine.state.output))
    engine.run([1, 2])
    assert outputs == [None, 20, None, 30]


def test_fetches_listened_to_late(engine, calls):
    """A handler of a fetch that is added in the middle of an epoch sees the next fetch."""
    engine.add_event_handler(
        Events.ITERATION_COMPLETED(once=2),
        lambda engine: engine.add_event_handler(Events.GET_BATCH_COMPLETED, lambda: calls.append(engine.state.batch)),
    )
    engine.run([1, 2, 3, 4])
    assert calls == [3, 4]


def test_custom_events(engine, calls):
    """A registered enum's events are fired by the user, and filters count by the attribute that is named for them."""
    engine.register_events(*Backprop, event_to_attr={Backprop.COMPLETED: "backprops"})
    assert engine.state.backprops == 0
    engine.add_event_handler(Backprop.COMPLETED(every=2), lambda engine: calls.append(engine.state.backprops))

    @engine.on(Events.ITERATION_COMPLETED)
    def step(engine):
        engine.state.backprops += 1
        engine.fire_event(Backprop.COMPLETED)

    engine.run([0] * 5)
    assert calls == [2, 4]


def test_custom_events_without_attribute(engine, calls):
    """Events that no attribute counts count their firings."""
    engine.register_events("ready")
    engine.add_event_handler("ready", lambda: calls.append("plain"))
    engine.register_events(*Backprop)
    engine.add_event_handler(Backprop.STARTED(every=3), lambda: calls.append("third"))
    for _ in range(7):
        engine.fire_event(Backprop.STARTED)
    engine.fire_event("ready")
    assert calls == ["third", "third", "plain"]
    assert engine.listeners(Backprop.STARTED).occurrences == 7


def test_same_names_do_not_mix(engine, calls):
    """`Backprop.STARTED` and `Events.STARTED` are different events of one engine."""
    engine.register_events(*Backprop)
    engine.add_event_handler(Backprop.STARTED, lambda: calls.append("backprop"))
    engine.run([0])
    assert calls == []


def test_register_again(engine, calls):
    """Registering an event twice keeps its handlers."""
    engine.add_event_handler(Events.STARTED, lambda: calls.append(1))
    engine.register_events(*Events)
    engine.run([0])
    assert calls == [1]
    assert engine.has_registered_events(Events.STARTED)
    assert not engine.has_registered_events(Backprop.STARTED)


def _two(engine, a, b):
    pass


@pytest.mark.parametrize(
    ("event", "handler", "args", "error", "message"),
    [
        (
            Events.STARTED,
            _two,
            (1,),
            ValueError,
            "Handler `_two(engine, a, b)` fits neither `(engine, 1)` nor that without the engine. "
            "Change its parameters, or the arguments that it is registered with.",
        ),
        (
            Events.EXCEPTION_RAISED,
            _two,
            (),
            ValueError,
            "Handler `_two(engine, a, b)` fits neither `(engine, error)` nor that without the engine. "
            "Change its parameters, or the arguments that it is registered with.",
        ),
        (Events.STARTED, "print", (), TypeError, "A handler is a callable, got 'print'."),
        (
            "EPOCH_COMPLETED",
            print,
            (),
            ValueError,
            "There is no event 'EPOCH_COMPLETED' on this engine. Did you mean Events.EPOCH_COMPLETED? "
            "`register_events` adds your own.",
        ),
        (
            Backprop.COMPLETED,
            print,
            (),
            ValueError,
            "There is no event Backprop.COMPLETED on this engine. Did you mean Events.COMPLETED? "
            "`register_events` adds your own.",
        ),
        (
            [],
            print,
            (),
            ValueError,
            "There is no event [] on this engine. `register_events` adds your own.",
        ),
    ],
)
def test_bad_registrations(engine, event, handler, args, error, message):
    """A handler that could not be called, or an event that nobody fires, is refused at once."""
    with pytest.raises(error) as raised:
        engine.add_event_handler(event, handler, *args)
    assert str(raised.value) == message


@pytest.mark.parametrize("wrong", [["backprops"], "backprops", 5])
def test_bad_attributes_of_events(engine, wrong):
    """Attributes that count events are given by event, and of events that there are."""
    with pytest.raises(ValueError, match="`event_to_attr` should be attributes by event, got "):
        engine.register_events(*Backprop, event_to_attr=wrong)
    with pytest.raises(ValueError, match="There is no event 'ready' on this engine"):
        engine.register_events(*Backprop, event_to_attr={"ready": "readies"})
    assert not hasattr(engine.state, "readies")


def test_bad_events(engine):
    """What is neither an event nor a word cannot be registered, and unknown events cannot be fired."""
    with pytest.raises(TypeError) as raised:
        engine.register_events(3)
    assert str(raised.value) == "An event is a member of an `EventEnum` or a word, got 3."
    with pytest.raises(ValueError, match=r"There is no event Backprop\.STARTED on this engine"):
        engine.fire_event(Backprop.STARTED)


def test_nobody_listens(engine):
    """Handlers that do not fire are never asked: a run touches them only at their counts."""
    asked = []

    class Counting(type(Events.ITERATION_COMPLETED(every=5).filter)):
        def __call__(self, engine, count):
            asked.append(count)
            return super().__call__(engine, count)

    event = Events.ITERATION_COMPLETED(every=5)
    object.__setattr__(event, "filter", Counting(every=5))
    engine.add_event_handler(event, lambda: None)
    engine.run([0] * 12)
    assert asked == [5, 10]


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
    assert call_form(lambda engine, error, more: None, (1,), {}, ((ValueError(),), {})) == (True, True)
    assert call_form(lambda error, more: None, (1,), {}, ((ValueError(),), {})) == (False, True)
    assert call_form(lambda more: None, (1,), {}, ((ValueError(),), {})) == (False, False)
    assert call_form(lambda engine, more, key: None, (1,), {"key": 2}, ((0, 0), {})) == (True, False)
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
