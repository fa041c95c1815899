"""What fires events: keeps the handlers of each, lets them be added and removed, and runs them."""

from __future__ import annotations

import difflib
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from .events import AnyEvent, CallableEventWithFilter, EventEnum, EventFilter, Events, EventsList, State
from .listeners import Listener, Listeners, call_form

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

COUNTED_BY: dict[EventEnum, str] = {
    Events.GET_BATCH_STARTED: "iteration",
    Events.GET_BATCH_COMPLETED: "iteration",
    Events.ITERATION_STARTED: "iteration",
    Events.ITERATION_COMPLETED: "iteration",
    Events.EPOCH_STARTED: "epoch",
    Events.EPOCH_COMPLETED: "epoch",
    Events.STARTED: "epoch",
    Events.COMPLETED: "epoch",
}
"""The state's attribute that counts an event's occurrences; other events count their own."""

BROUGHT: dict[EventEnum, tuple[tuple[Any, ...], dict[str, Any]]] = {
    Events.EXCEPTION_RAISED: ((Exception(),), {}),
    Events.TERMINATE_SINGLE_EPOCH: ((), {"iter_counter": 0}),
}
"""What an event brings to handlers that have a parameter for it: the error, the steps of the epoch."""


class RemovableEventHandle:
    """Takes a handler off again: by `remove`, or at the end of a `with` block."""

    def __init__(self, engine: EventSource, added: list[tuple[EventEnum, Listener]]) -> None:
        self._engine = weakref.ref(engine)
        self._added = added

    def remove(self) -> None:
        """Takes the handler off; a second call does nothing."""
        engine = self._engine()
        if engine is not None:
            for event, listener in self._added:
                engine.listeners(event).remove(listener)
        self._added = []

    def __enter__(self) -> RemovableEventHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class EventSource:
    """Events and their handlers.

    Attributes:
        state: what handlers read; its attributes count the events.
        last_event_name: the event whose handlers ran last; events that nobody listened to leave no trace.
    """

    def __init__(self) -> None:
        self.state = State()
        self.last_event_name: EventEnum | None = None
        self._attention = False  # the loop has something to look at besides the next batch
        self._listeners: dict[EventEnum, Listeners] = {}
        self._counted_by = self.state.event_to_attr = dict(COUNTED_BY)
        self.register_events(*Events)

    def register_events(self, *events: str | EventEnum, event_to_attr: Mapping[Any, str] | None = None) -> None:
        """Lets more events be fired.

        Args:
            events: members of enums derived from `EventEnum`, or words.
            event_to_attr: for each event, the attribute of the state that counts it, so that filters
                such as `every` count by it; it starts at 0 and whoever fires the event raises it.
        """
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
        self,
        event_name: AnyEvent | str,
        handler: Callable[..., Any],
        *args: Any,
        priority: int = 0,
        **kwargs: Any,
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
        added: list[tuple[EventEnum, Listener]] = []
        for event, event_filter in _split(event_name):
            listeners = self.listeners(event)
            event_args, event_kwargs = BROUGHT.get(event, ((), {}))
            form = call_form(handler, args, kwargs, event_args=event_args, event_kwargs=event_kwargs)
            listener = Listener(handler, event_filter, args, kwargs, *form, priority)
            listeners.add(listener)
            added.append((event, listener))
        self._attention = True
        return RemovableEventHandle(self, added)

    def has_event_handler(self, handler: Callable[..., Any], event_name: AnyEvent | None = None) -> bool:
        """Whether `handler` listens to the event, or to any."""
        events = list(self._listeners) if event_name is None else [event for event, _ in _split(event_name)]
        return any(entry.handler == handler for event in events for entry in self.listeners(event))

    def remove_event_handler(self, handler: Callable[..., Any], event_name: AnyEvent) -> None:
        """Takes `handler` off the event.

        Raises:
            ValueError: it does not listen to it.
        """
        for event, _ in _split(event_name):
            found = [entry for entry in self.listeners(event) if entry.handler == handler]
            if not found:
                raise ValueError(f"Handler {handler!r} does not listen to {_name(event)}.")
            for entry in found:
                self.listeners(event).remove(entry)

    def fire_event(self, event_name: EventEnum) -> None:
        """Runs the handlers of an event, now."""
        self._fire(event_name)

    def _fire(self, event: EventEnum, *event_args: Any, **event_kwargs: Any) -> None:
        listeners = self.listeners(event)
        attribute = self._counted_by.get(event)
        count = listeners.occurrences + 1 if attribute is None else getattr(self.state, attribute)
        if count <= listeners.occurrences:  # the attribute was set back
            listeners.rewind(count)
        listeners.occurrences = count
        if count >= listeners.next_count:
            listeners.fire(self, count, *event_args, **event_kwargs)

    def count_of(self, event: Any) -> int:
        """How often the event has occurred: what the state's attribute for it says, or the firings."""
        attribute = self._counted_by.get(event)
        if attribute is not None:
            return getattr(self.state, attribute)
        return self.listeners(event).occurrences

    def _unknown(self, event: Any) -> str:
        known = {_name(entry): entry for entry in self._listeners}
        near = difflib.get_close_matches(_name(event), known, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}? " if near else ""
        return f"There is no event {_name(event)} on this engine. {hint}`register_events` adds your own."


def _split(event: AnyEvent | str) -> Iterator[tuple[EventEnum, EventFilter | None]]:
    """The events that are meant, each with its filter."""
    if isinstance(event, EventsList):
        for entry in event:
            yield from _split(entry)
    elif isinstance(event, CallableEventWithFilter):
        yield event.event, event.filter
    else:
        yield event, None  # pyright: ignore[reportReturnType]  # words are events too, once registered


def _name(event: Any) -> str:
    return f"{type(event).__name__}.{event.name}" if isinstance(event, EventEnum) else repr(event)
