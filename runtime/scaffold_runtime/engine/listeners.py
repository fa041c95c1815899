"""The handlers of one event, kept flat, so that an occurrence nobody waits for costs one comparison.

`next_count` is the smallest count at which some handler has something to do: 0 while one runs at
every occurrence, `NEVER` while nobody listens. The engine's loop compares and goes on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
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

    def next_from(self, count: int) -> int:
        """The first occurrence at or after `count` at which it may run; a predicate may say yes at any."""
        if self.filter is None or self.filter.predicate is not None:
            return count
        return self.filter.next_from(count)

    def direct(self) -> Callable[[Any], Any]:
        """The shortest way to run it without what an event brings."""
        if self.args or self.kwargs:
            return self
        if self.takes_engine:
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
        self.occurrences = 0  # the count of its latest occurrence

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
        due = [listener.next_from(count) for listener in self._all if listener.filter is not None]
        self._next_filtered = min(due, default=NEVER)
        self.next_count = 0 if self._direct else self._next_filtered

    def due(self, engine: Any, count: int) -> Iterator[Listener]:
        """The handlers whose turn is at `count`; each is asked right before it would run."""
        for listener in self._all:
            if listener.filter is None or listener.filter.allows(engine, count):
                yield listener

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


def call_form(
    handler: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    event_args: tuple[Any, ...] = (),
    event_kwargs: Mapping[str, Any] | None = None,
) -> tuple[bool, bool]:
    """Whether `handler` takes the engine, and what the event brings, before `args`; the fullest form that fits.

    Raises:
        TypeError: it is no callable.
        ValueError: it fits in no form.
    """
    if not callable(handler):
        raise TypeError(f"A handler is a callable, got {handler!r}.")
    try:
        signature = inspect.signature(handler)
    except ValueError:  # a builtin that does not tell
        return True, True
    brought: Mapping[str, Any] = event_kwargs or {}
    for takes_event in (True, False) if event_args or brought else (True,):
        for takes_engine in (True, False):
            first = (None,) * takes_engine + event_args * takes_event
            if _fits(signature, (*first, *args), {**kwargs, **(brought if takes_event else {})}):
                return takes_engine, takes_event
    called = ", ".join(
        ["engine", *map(_shown, (*event_args, *args)), *(f"{key}={_shown(kwargs[key])}" for key in kwargs)]
    )
    raise ValueError(
        f"Handler `{_name(handler)}{signature}` fits neither `({called})` nor that without the engine. "
        "Change its parameters, or the arguments that it is registered with."
    )


def check_step(process_function: Callable[..., Any]) -> None:
    """Refuses what cannot be called as `process_function(engine, batch)`."""
    if not callable(process_function):
        raise TypeError(f"An engine needs a function that does its steps, got {process_function!r}.")
    try:
        signature = inspect.signature(process_function)
    except ValueError:  # a builtin that does not tell
        return
    if not _fits(signature, (None, None), {}):
        raise ValueError(
            f"`{_name(process_function)}{signature}` cannot be called as `(engine, batch)`, as the function "
            "that does a step is."
        )


def _fits(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _shown(value: object) -> str:
    return "error" if isinstance(value, BaseException) else repr(value)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)
