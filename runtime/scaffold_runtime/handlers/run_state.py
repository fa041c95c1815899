"""Everything that the rest of a run depends on, in one mapping for `Checkpoint(to_save=...)`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from torch import nn

from ..engine.engine import Engine
from ..engine.event_source import RemovableEventHandle
from ..engine.events import Events
from .checkpoint import Checkpoint
from .engine_metrics import EngineMetrics
from .saving.checkpoint_error import CheckpointError
from .saving.random_states import LAST, RandomStates
from .saving.stateful import Stateful

FORMAT = 1


def run_state(
    trainer: Engine[Any, Any],
    evaluators: Engine[Any, Any] | Mapping[str, Engine[Any, Any]] | None = None,
    **objects: Any,
) -> dict[str, Any]:
    """What to save so that a run which was killed goes on to the same end, to the bit.

    The trainer's position, its metrics in flight, the random numbers of every process, and `objects`. When the
    trainer starts, objects with a state that its handlers use and that are not in here are named in a warning.

    Args:
        trainer: the engine that trains; its position includes that of its data.
        evaluators: engines, one or several by name, whose values are kept and whose handlers are looked at too.
        **objects: whatever else has a state: model, optimizer, scheduler, scaler, EMA, early stopping, best checkpoint.

    Returns:
        Objects by name, to save and to load: "trainer", "metrics", "random", and the given ones.

    Raises:
        TypeError: an object has no state.

    Example:
        >>> import tempfile, torch
        >>> model = torch.nn.Linear(1, 1)
        >>> trainer = Engine(lambda engine, batch: None)
        >>> state = run_state(trainer, model=model)
        >>> list(state)
        ['format', 'trainer', 'model', 'metrics', 'random']
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = trainer.add_event_handler(Events.EPOCH_COMPLETED, Checkpoint(state, folder))
        ...     _ = trainer.run([0, 1])
        ...     Checkpoint.load_objects(state, f"{folder}/checkpoint_2.pt")
    """
    for name, obj in objects.items():
        if not isinstance(obj, Stateful):
            raise TypeError(
                f"`{name}` should have `state_dict` and `load_state_dict`, and is a {type(obj).__name__}. "
                "Leave it out, or give it both."
            )
    engines = dict(evaluators) if isinstance(evaluators, Mapping) else {"evaluator": evaluators} if evaluators else {}
    state: dict[str, Any] = {
        "format": _Format(),
        "trainer": trainer,
        **objects,
        "metrics": EngineMetrics(trainer, engines),
        "random": RandomStates(trainer),
    }
    handle: RemovableEventHandle

    def warn_once() -> None:
        handle.remove()
        forgotten = sorted({type(obj).__name__ for obj in _forgotten([trainer, *engines.values()], state)})
        if forgotten:
            warnings.warn(
                f"The run's state lacks {', '.join(forgotten)}, which its handlers use: a resumed run would start "
                "them anew. Give them to `run_state`.",
                stacklevel=2,
            )

    handle = trainer.add_event_handler(Events.STARTED, warn_once, priority=LAST)
    return state


class _Format:
    """Says which version wrote a state; it is loaded before the rest."""

    def state_dict(self) -> dict[str, int]:
        return {"version": FORMAT}

    def load_state_dict(self, state_dict: Mapping[str, int]) -> None:
        if state_dict["version"] > FORMAT:
            raise CheckpointError(
                f"The run's state is of format {state_dict['version']}, and this version reads formats up to {FORMAT}. "
                "Use the version that wrote it, or a newer one."
            )


def _forgotten(engines: list[Engine[Any, Any]], state: Mapping[str, Any]) -> Iterator[Any]:
    """Objects with a state that handlers of the engines use and `state` does not have."""
    known = set(_covered(state))
    for engine in engines:
        for event in Events:
            for listener in engine.listeners(event):
                used: list[Any] = [*_used_by(listener.handler), *listener.args, *listener.kwargs.values()]
                for obj in used:
                    own_checkpoint = isinstance(obj, Checkpoint) and obj.to_save is state
                    ignored = id(obj) in known or own_checkpoint or isinstance(obj, (Engine, type))
                    if isinstance(obj, Stateful) and not ignored:
                        yield obj


def _used_by(handler: Callable[..., Any]) -> Iterator[Any]:
    """The object whose method it is, what its function closes over, and itself."""
    while isinstance(handler, functools.partial):
        partial = cast("functools.partial[Any]", handler)
        yield from (*partial.args, *partial.keywords.values())
        handler = partial.func
    yield handler
    yield getattr(handler, "__self__", None)
    function: Any = getattr(handler, "__func__", handler)
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a name that has no value yet
            continue


def _covered(state: Mapping[str, Any]) -> Iterator[int]:
    """What `state` saves: its objects, the modules inside of its models, and what its objects hold."""
    for obj in state.values():
        yield id(obj)
        if isinstance(obj, nn.Module):
            yield from map(id, obj.modules())
        else:
            held: dict[str, Any] = getattr(obj, "__dict__", {})
            yield from map(id, held.values())
