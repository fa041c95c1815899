"""The handlers of one event, kept flat, so that an occurrence nobody waits for costs one comparison.

`next_count` is the smallest count at which some handler has something to do: 0 while one runs at
every occurrence, `NEVER` while nobody listens. The engine's loop compares and goes on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .events import NEVER, EventFilter


@dataclass(frozen=True, eq=False)
class Listener:
    """One handler on one event, with the arguments it was registered with."""

    handler: Callable[..., Any]
    filter: EventFilter | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    wants_engine: bool
    priority: int

    def __call__(self, engine: Any, *event_args: Any, **event_kwargs: Any) -> None:
        """Runs the handler; what the event brings stands before what the registration gave."""
        first = (engine, *event_args) if self.wants_engine else event_args
        self.handler(*first, *self.args, **self.kwargs, **event_kwargs)

    def next_from(self, count: int) -> int:
        """The first occurrence at or after `count` at which it may run; a predicate may say yes at any."""
        if self.filter is None or self.filter.predicate is not None:
            return count
        return self.filter.next_from(count)

    def direct(self) -> Callable[[Any], Any]:
        """The shortest way to run it without what an event brings."""
        if self.args or self.kwargs:
            return self
        if self.wants_engine:
            return self.handler
        handler = self.handler
        return lambda engine: handler()


class Listeners:
    """The handlers of one event in the order they run: by priority, then as registered."""

    __slots__ = ("_all", "_direct", "_event", "_next_filtered", "next_count", "occurrences")

    def __init__(self, event: Any) -> None:
        self._event = event
        self._all: tuple[Listener, ...] = ()
        self._direct: tuple[Callable[[Any], Any], ...] = ()  # those that run at every occurrence
        self._next_filtered = NEVER
        self.next_count = NEVER
        self.occurrences = 0

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
        due = (listener.next_from(count) for listener in self._all if listener.filter is not None)
        self._next_filtered = min(due, default=NEVER)
        self.next_count = 0 if self._direct else self._next_filtered

    def fire(self, engine: Any, count: int, *event_args: Any, **event_kwargs: Any) -> None:
        """Runs the handlers whose turn is at `count`. Handlers added meanwhile wait for the next occurrence."""
        engine.last_event_name = self._event
        if count < self._next_filtered and not event_args and not event_kwargs:
            for handler in self._direct:
                handler(engine)
            return
        for listener in self._all:
            if listener.filter is None or listener.filter.allows(engine, count):
                listener(engine, *event_args, **event_kwargs)
        self.rewind(count + 1)

    def _replace(self, listeners: tuple[Listener, ...]) -> None:
        self._all = listeners
        self._direct = tuple(listener.direct() for listener in listeners if listener.filter is None)
        self.rewind(0)


def wants_engine(handler: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether `handler` takes the engine before `args`.

    Raises:
        ValueError: it fits neither with nor without the engine.
    """
    try:
        signature = inspect.signature(handler)
    except ValueError:  # a builtin that does not tell
        return True
    for first in ((None,), ()):
        try:
            signature.bind(*first, *args, **kwargs)
        except TypeError:
            continue
        return bool(first)
    name = getattr(handler, "__qualname__", repr(handler))
    given = ", ".join(["engine", *map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())])
    raise ValueError(f"Handler `{name}{signature}` cannot be called as ({given}), with or without the engine.")
