"""What saving asks of objects and handlers: a state, and whether the run is worth it."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from ...engine.engine import Engine
from ...engine.events import Events


@runtime_checkable
class Stateful(Protocol):
    """Models, optimizers, schedulers, engines, metrics and handlers that remember something."""

    def state_dict(self) -> Any:
        """The state: tensors, numbers, strings, and containers of them."""
        ...

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Takes a state over."""
        ...


@runtime_checkable
class Guard(Protocol):
    """A handler of a trainer's `ITERATION_COMPLETED` that is asked before the run is saved."""

    def is_sound(self, engine: Engine[Any, Any], /) -> bool:
        """Whether the run is worth saving; asked on all processes, and alike on all."""
        ...


def is_sound(*engines: Engine[Any, Any]) -> bool:
    """Whether all guards of the engines say so; each is asked on every process, for that may be a collective."""
    answers: list[bool] = []
    for engine in {id(engine): engine for engine in engines}.values():
        for listener in engine.listeners(Events.ITERATION_COMPLETED):
            guard = listener.handler
            if isinstance(guard, Guard):
                answers.append(guard.is_sound(engine))
    return all(answers)
