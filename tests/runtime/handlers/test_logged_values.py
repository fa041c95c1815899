"""The step of another engine."""

from __future__ import annotations

from typing import Any

import pytest

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import EventEnum, Events
from scaffold_runtime.handlers.logged_values import global_step_from_engine


class Own(EventEnum):
    """An event that nobody counts."""

    SAVED = "saved"


@pytest.mark.parametrize(
    ("event", "options", "expected"),
    [
        (Events.ITERATION_COMPLETED, {}, 6),
        (Events.ITERATION_COMPLETED(every=2), {}, 6),
        (Events.EPOCH_COMPLETED, {}, 2),
        (Events.COMPLETED, {}, 2),
        (Events.COMPLETED, {"custom_event_name": Events.ITERATION_COMPLETED}, 6),
        (Own.SAVED, {}, 2),
        (Own.SAVED, {"fallback_attr": "iteration"}, 6),
        (None, {}, 2),
    ],
)
def test_the_count_of_the_event_is_told(event: Any, options: dict[str, Any], expected: int) -> None:
    """Each event has its counter; those without one take the fallback."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    trainer.run([0] * 3, max_epochs=2)
    assert global_step_from_engine(trainer, **options)(None, event) == expected
