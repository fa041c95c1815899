"""At which step of a run something happens, for names of files and the axes of plots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.engine import Engine
from ..engine.events import CallableEventWithFilter


def global_step_from_engine(
    engine: Engine[Any, Any], custom_event_name: Any = None, fallback_attr: str = "epoch"
) -> Callable[[Any, Any], int]:
    """A `global_step_transform` that tells the step of `engine`, for handlers on another one.

    Args:
        engine: whose step counts, usually the trainer.
        custom_event_name: count this event instead of the one that the handler runs on.
        fallback_attr: the counter for events that nobody counts.

    Example:
        >>> from ..engine.events import Events
        >>> trainer = Engine(lambda engine, batch: None)
        >>> _ = trainer.run([1, 2, 3], max_epochs=2)
        >>> global_step_from_engine(trainer)(None, Events.COMPLETED)
        2
    """

    def step(_: Any, event_name: Any) -> int:
        event = event_name if custom_event_name is None else custom_event_name
        state = engine.state
        plain = event.event if isinstance(event, CallableEventWithFilter) else event
        return state.get_event_attrib_value(plain) if plain in state.event_to_attr else getattr(state, fallback_attr)

    return step
