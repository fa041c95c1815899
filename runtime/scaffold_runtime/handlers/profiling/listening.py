"""What profilers have in common: their places at an engine's events, and the names of others' handlers."""

from functools import partial
from typing import Any

from ...engine.engine import Engine

FIRST, LAST = 10**6, -(10**6)
"""Priorities of what takes the time before all other handlers of an event, and after them."""


def check_engine(engine: object) -> None:
    """Refuses what is no engine.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(engine, Engine):
        raise TypeError(f"A profiler is attached to an engine, got a {type(engine).__name__}.")


def name_of(handler: Any) -> str:
    """A handler's name, or its class's."""
    return getattr(handler, "__qualname__", type(handler).__name__)


def is_of(handler: Any, owner: object) -> bool:
    """Whether the handler is one of `owner`'s own."""
    handler = handler.func if isinstance(handler, partial) else handler
    return getattr(handler, "__self__", None) is owner
