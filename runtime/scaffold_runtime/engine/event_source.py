"""What fires events: keeps the handlers of each, lets them be added and removed, and runs them.

The handlers of an event are kept flat, so that an occurrence nobody waits for costs one comparison:
`Listeners.next_count` is the smallest count at which some handler has something to do, 0 while one runs
at every occurrence and `NEVER` while nobody listens. The engine's loop compares and goes on.
"""

from __future__ import annotations

import difflib
import inspect
import logging
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from . import events
from .events import NEVER, AnyEvent, CallableEventWithFilter, EventEnum, EventFilter, Events, EventsList, State

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

Brought: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
NOTHING: Brought = ((), {})
BROUGHT: dict[EventEnum, Brought] = {
    Events.EXCEPTION_RAISED: ((Exception(),), {}),
    Events.TERMINATE_SINGLE_EPOCH: ((), {"iter_counter": 0}),
}
"""What an event brings to handlers that have a parameter for it: the error, the steps of the epoch."""


@dataclass(frozen=True, eq=False)
class Listener:
    """One handler on one event, with the arguments it was registered with."""

    handler: Callable[..., Any]
    filter: EventFilter | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    takes_engine: bool
    takes_event: bool
    priority: int

    def __call__(self, engine: Any, *event_args: Any, **event_kwargs: Any) -> None:
        """Runs the handler; what the event brings stands before what the registration gave."""
        first = (engine,) if self.takes_engine else ()
        if self.takes_event:
            self.handler(*first, *event_args, *self.args, **self.kwargs, **event_kwargs)
        else:
            self.handler(*first, *self.args, **self.kwargs)

    @property
    def name(self) -> str:
        """Of the function, or of the kind of object that is called."""
        return str(getattr(self.handler, "__qualname__", type(self.handler).__qualname__))

    def direct(self) -> Callable[[Any], Any]:
        """The shortest way to run it without what an event brings."""
        if self.args or self.kwargs:
            return self
        if self.takes_engine:
            return self.handler
        handler = self.handler
        return lambda engine: handler()


Added: TypeAlias = tuple[Listener, EventEnum]


class Listeners:
    """The handlers of one event in the order they run: by priority, then as registered."""

    __slots__ = ("_all", "_direct", "_event", "_next_filtered", "_running", "goes_on_at", "next_count", "occurrences")

    def __init__(self, event: Any) -> None:
        self._event = event
        self._all: tuple[Listener, ...] = ()
        self._direct: tuple[Callable[[Any], Any], ...] = ()  # those that run at every occurrence
        self._next_filtered = NEVER
        self.next_count = NEVER
        self.occurrences = 0  # the count of its latest occurrence
        self._running: Listener | None = None
        self.goes_on_at: tuple[str, int] | None = None  # where the next occurrence takes up one that was left

    @property
    def running(self) -> tuple[str, int] | None:
        """The handler that runs now: its name, and how many of that name are before it.

        Its place would be another one on other processes: some handlers are rank 0's alone.
        """
        names = [listener.name for listener in self._all]
        place = self._all.index(self._running) if self._running in self._all else None
        return None if place is None else (names[place], names[:place].count(names[place]))

    def __iter__(self) -> Iterator[Listener]:
        return iter(self._all)

    def add(self, listener: Listener) -> None:
        """One more handler; higher priorities run first."""
        self._replace(tuple(sorted((*self._all, listener), key=lambda entry: -entry.priority)))

    def remove(self, listener: Listener) -> None:
        """One handler less; nothing happens if it is not there."""
        self._replace(tuple(entry for entry in self._all if entry is not listener))

    def rewind(self, count: int) -> None:
        """The next occurrence will be `count`, whatever was before."""
        due = [listener.filter.next_from(count) for listener in self._all if listener.filter is not None]
        self._next_filtered = min(due, default=NEVER)
        self.next_count = 0 if self._direct else self._next_filtered

    def due(self, engine: Any, count: int) -> Iterator[Listener]:
        """The handlers whose turn is at `count`; each is asked right before it would run."""
        listeners = self._all
        if self.goes_on_at:  # those before have run, but what processes do together has to be done again
            (name, count_before), self.goes_on_at, together = self.goes_on_at, None, events.Priority.PROCESSES
            alike = [place for place, one in enumerate(listeners) if one.name == name]
            done = alike[count_before] if count_before < len(alike) else 0
            listeners = tuple(one for place, one in enumerate(listeners) if place >= done or one.priority >= together)
        for listener in listeners:
            if listener.filter is None or listener.filter(engine, count):
                yield listener

    def fire(self, engine: Any, count: int) -> None:
        """Runs the handlers whose turn is at `count`. Handlers added meanwhile wait for the next occurrence."""
        engine.last_event_name = self._event
        if count < self._next_filtered:
            for handler in self._direct:
                handler(engine)
        else:
            self.fire_due(engine, count)

    def fire_due(self, engine: Any, count: int, *event_args: Any, **event_kwargs: Any) -> None:
        """As `fire`, with what the event brings, asking each filter."""
        for listener in self.due(engine, count):
            self._running = listener
            listener(engine, *event_args, **event_kwargs)
        self._running = None
        self.rewind(count + 1)

    def _replace(self, listeners: tuple[Listener, ...]) -> None:
        self._all = listeners
        self._direct = tuple(listener.direct() for listener in listeners if listener.filter is None)
        self.rewind(0)


class RemovableEventHandle:
    """Takes a handler off again: by `remove`, or at the end of a `with` block.

    Attributes:
        event_name: at which event the handler runs.
        engine: called, gives the engine, or None once there is none.
        added: what is taken off, and at which event; all that the handler listens to there if not given.
    """

    def __init__(
        self, event_name: Any, handler: Callable[..., Any], engine: EventSource, added: Iterable[Added] | None = None
    ) -> None:
        self.event_name = event_name
        self.engine = weakref.ref(engine)
        self.added = weakref.WeakKeyDictionary(engine.find(handler, event_name) if added is None else added)

    def handler(self) -> Callable[..., Any] | None:
        """The handler, while it is there."""
        return next((listener.handler for listener in self.added), None)

    def remove(self) -> None:
        """Takes the handler off; a second call does nothing."""
        engine = self.engine()
        if engine is not None:
            for listener, event in list(self.added.items()):
                engine.listeners(event).remove(listener)
        self.added.clear()

    def __enter__(self) -> RemovableEventHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class EventSource:
    """The handlers' side of an engine: events and their handlers, what handlers read, and what they ask for.

    Attributes:
        state: what handlers read; its attributes count the events.
        last_event_name: the event fired last; those of an iteration that nobody listened to leave no trace.
        logger: says at level INFO when runs and epochs end.
        should_terminate: the run is to end after the handlers of this event; also "skip_completed".
        should_terminate_single_epoch: the epoch is to end so; also "skip_epoch_completed".
        should_interrupt: the run is to be left after this step.
        attention: the loop has something to look at besides the next batch.
        resuming: an epoch that was begun earlier goes on; true while its `EPOCH_STARTED` handlers run.
        repeats_handler: a state that is taken now goes on with the handler of `EPOCH_COMPLETED` that runs now, from its
            beginning, such as a validation that is left.
    """

    def __init__(self) -> None:
        self.state = State()
        self.last_event_name: EventEnum | None = None
        self.logger = logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")
        self.should_terminate: bool | str = False
        self.should_terminate_single_epoch: bool | str = False
        self.should_interrupt = self.attention = self.resuming = self.repeats_handler = False
        self._listeners: dict[EventEnum, Listeners] = {}
        self._counted_by = self.state.event_to_attr
        self.register_events(*Events)

    def register_events(self, *events: str | EventEnum, event_to_attr: Mapping[Any, str] | None = None) -> None:
        """Lets more events be fired.

        Args:
            events: members of enums derived from `EventEnum`, or words.
            event_to_attr: for each event, the attribute of the state that counts it, so that filters
                such as `every` count by it; it starts at 0 and whoever fires the event raises it.

        Raises:
            TypeError: an event is neither.
            ValueError: `event_to_attr` is no mapping, or has an event that is not registered.
        """
        if event_to_attr is not None and not isinstance(cast("object", event_to_attr), Mapping):
            raise ValueError(f"`event_to_attr` should be attributes by event, got {event_to_attr!r}.")
        for event in events:
            if not isinstance(event, (str, EventEnum)):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
                raise TypeError(f"An event is a member of an `EventEnum` or a word, got {event!r}.")
            self._listeners.setdefault(event, Listeners(event))  # pyright: ignore[reportArgumentType]  # words too
        for event, attribute in (event_to_attr or {}).items():
            self.listeners(event)  # or an error: it is not registered
            self._counted_by[event] = attribute
            if not hasattr(self.state, attribute):
                setattr(self.state, attribute, 0)

    def has_registered_events(self, event: Any) -> bool:
        """Whether `event` can be listened to."""
        return event in self._listeners

    def listeners(self, event: EventEnum) -> Listeners:
        """The handlers of one event.

        Raises:
            ValueError: no such event is registered.
        """
        try:
            return self._listeners[event]
        except (KeyError, TypeError):
            raise ValueError(self._unknown(event)) from None

    def on(
        self, event_name: AnyEvent | str, *args: Any, priority: int = 0, **kwargs: Any
    ) -> Callable[[HandlerT], HandlerT]:
        """Registers the decorated function; see `add_event_handler`."""

        def register(handler: HandlerT) -> HandlerT:
            self.add_event_handler(event_name, handler, *args, priority=priority, **kwargs)
            return handler

        return register

    def add_event_handler(
        self, event_name: AnyEvent | str, handler: Callable[..., Any], *args: Any, priority: int = 0, **kwargs: Any
    ) -> RemovableEventHandle:
        """Calls `handler(engine, *args, **kwargs)`, or without the engine, when the event is fired.

        Args:
            event_name: an event, a filtered one (`Events.X(every=3)`), or several (`A | B`).
            handler: a callable with or without the engine as its first argument.
            *args: what the handler is called with, after the engine.
            **kwargs: what it is called with by name.
            priority: handlers of higher priority run first; equal ones in the order of registration.

        Raises:
            ValueError: the event is unknown, or the handler does not fit the arguments.
        """
        added: list[Added] = []
        for event, event_filter in _split(event_name):
            listeners = self.listeners(event)
            form = call_form(handler, args, kwargs, BROUGHT.get(event, NOTHING))
            listener = Listener(handler, event_filter, args, kwargs, *form, priority)
            listeners.add(listener)
            added.append((listener, event))
        self.attention = True
        return RemovableEventHandle(event_name, handler, self, added)

    def has_event_handler(self, handler: Callable[..., Any], event_name: AnyEvent | None = None) -> bool:
        """Whether `handler` listens to the event, or to any."""
        return any(self.find(handler, EventsList(self._listeners) if event_name is None else event_name))

    def find(self, handler: Callable[..., Any], event_name: AnyEvent) -> Iterator[Added]:
        """How `handler` listens at the event, and at which plain event."""
        for event, _ in _split(event_name):
            yield from ((entry, event) for entry in self._listeners.get(event, ()) if entry.handler == handler)

    def remove_event_handler(self, handler: Callable[..., Any], event_name: AnyEvent) -> None:
        """Takes `handler` off the event.

        Raises:
            ValueError: it does not listen to it.
        """
        for event, _ in _split(event_name):
            found = list(self.find(handler, event))
            if not found:
                raise ValueError(f"Handler {handler!r} does not listen to {_event_name(event)}.")
            for entry, _ in found:
                self.listeners(event).remove(entry)

    def fire_event(self, event_name: EventEnum, *event_args: Any, **event_kwargs: Any) -> None:
        """Runs the handlers of an event, now; those that take it get what the event brings."""
        listeners = self.listeners(event_name)
        attribute = self._counted_by.get(event_name)
        count = listeners.occurrences + 1 if attribute is None else getattr(self.state, attribute)
        if count <= listeners.occurrences:  # the attribute was set back
            listeners.rewind(count)
        listeners.occurrences = count
        self.last_event_name = event_name
        if count < listeners.next_count:
            return
        if event_args or event_kwargs or event_name is Events.EPOCH_COMPLETED:  # which keeps in mind who runs
            listeners.fire_due(self, count, *event_args, **event_kwargs)
        else:
            listeners.fire(self, count)

    def rewind(self) -> None:
        """Filters look again at where the run is; steps come at the next count, other events maybe at this one."""
        for event, attribute in self._counted_by.items():
            is_step = event in (Events.ITERATION_STARTED, Events.ITERATION_COMPLETED)
            self._listeners[event].rewind(getattr(self.state, attribute) + is_step)

    def _unknown(self, event: Any) -> str:
        known = {_event_name(entry): entry for entry in self._listeners}
        near = difflib.get_close_matches(_event_name(event), known, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"There is no event {_event_name(event)} on this engine. {hint}`register_events` adds your own."


def _split(event: AnyEvent | str) -> Iterator[tuple[EventEnum, EventFilter | None]]:
    """The events that are meant, each with its filter."""
    if isinstance(event, EventsList):
        for entry in event:
            yield from _split(entry)
    elif isinstance(event, CallableEventWithFilter):
        yield event.event, event.filter
    else:
        yield event, None  # pyright: ignore[reportReturnType]  # words are events too, once registered


def _event_name(event: Any) -> str:
    return f"{type(event).__name__}.{event.name}" if isinstance(event, EventEnum) else repr(event)


def call_form(
    handler: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], brought: Brought = NOTHING
) -> tuple[bool, bool]:
    """Whether `handler` takes the engine, and what the event brings, before `args`; the fullest form that fits.

    Raises:
        TypeError: it is no callable.
        ValueError: it fits in no form.
    """
    if not callable(handler):
        raise TypeError(f"A handler is a callable, got {handler!r}.")
    event_args, event_kwargs = brought
    for takes_event in (True, False) if event_args or event_kwargs else (True,):
        for takes_engine in (True, False):
            first = (None,) * takes_engine + event_args * takes_event
            if events.takes(handler, (*first, *args), {**kwargs, **(event_kwargs if takes_event else {})}):
                return takes_engine, takes_event
    called = ", ".join(
        ["engine", *map(_shown, (*event_args, *args)), *(f"{key}={_shown(kwargs[key])}" for key in kwargs)]
    )
    raise ValueError(
        f"Handler `{_named(handler)}` fits neither `({called})` nor that without the engine. "
        "Change its parameters, or the arguments that it is registered with."
    )


def check_step(process_function: Callable[..., Any]) -> None:
    """Refuses what cannot be called as `process_function(engine, batch)`."""
    if not callable(process_function):
        kind = ValueError if process_function is None else TypeError
        raise kind(f"An engine needs a function that does its steps, got {process_function!r}.")
    if not events.takes(process_function, (None, None)):
        raise ValueError(
            f"`{_named(process_function)}` cannot be called as `(engine, batch)`, as the function that does a step is."
        )


def _shown(value: object) -> str:
    return "error" if isinstance(value, BaseException) else repr(value)


def _named(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__) + str(inspect.signature(function))
