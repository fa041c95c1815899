"""All of a run in one mapping for `Checkpoint(to_save=...)`, and the way back: going on where it was."""

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from torch import nn
from torch.amp.grad_scaler import GradScaler

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events, Priority
from .checkpoint import Checkpoint
from .saving.checkpoint_error import CheckpointError
from .saving.checkpoint_file import newest_checkpoint
from .saving.restored_states import EngineMetrics, RandomStates
from .saving.state_dicts import Stateful


def run_state(
    trainer: Engine[Any, Any],
    evaluators: Engine[Any, Any] | Mapping[str, Engine[Any, Any]] | None = None,
    **objects: Any,
) -> dict[str, Any]:
    """What to save so that a run which was killed goes on to the same end, to the bit.

    The trainer's position, its metrics in flight, the random numbers of every process, and `objects`. When the
    trainer starts, objects with a state that its handlers or its steps use and that are not in here are named in a
    warning, but for models.

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
        ['trainer', 'model', 'metrics', 'random']
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
        "trainer": trainer,
        **objects,
        "metrics": EngineMetrics(trainer, engines),
        "random": RandomStates(trainer),
    }
    saved = {name: obj for name, obj in state.items() if obj is not trainer}  # which will hold it
    trainer.add_event_handler(Events.STARTED, _warn_once, saved, list(engines.values()), priority=Priority.RESTORE_LAST)
    return state


def _warn_once(trainer: Engine[Any, Any], saved: dict[str, Any], evaluators: list[Engine[Any, Any]]) -> None:
    forgotten = sorted({type(obj).__name__ for obj in _forgotten([trainer, *evaluators], saved)}) if saved else []
    saved.clear()
    if forgotten:
        warnings.warn(
            f"The run's state lacks {', '.join(forgotten)}, which the run uses: a resumed run would start "
            "them anew. Give them to `run_state`.",
            stacklevel=2,
        )


def resume(to_load: Mapping[str, Any], path: str | Path) -> Path | None:
    """Loads the objects from a checkpoint.

    A damaged file is passed over with a warning, and the one before it is used. Called on every rank: rank 0
    looks into the folder and tells the others, so that all go on from the same file.

    Args:
        to_load: objects by name, as they were saved.
        path: a file, or a folder of checkpoints, which need not exist.

    Returns:
        The file; None if the folder has none, and nothing was loaded.

    Raises:
        FileNotFoundError: the file is not there.
        CheckpointError: it, or each file of the folder, is damaged, unsafe, or of other objects.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     print(resume({}, folder))
        None
    """
    found = _look(Path(path), to_load) if idist.get_rank() == 0 else None
    found = idist.broadcast(found, safe_mode=True)
    if isinstance(found, CheckpointError):
        raise found
    if found is not None:
        Checkpoint.load_objects(to_load, found)
    return found


def _forgotten(engines: list[Engine[Any, Any]], state: Mapping[str, Any]) -> Iterator[Any]:
    """Objects with a state that handlers and steps of the engines use and `state` does not have."""
    known = set(_covered(state))
    for engine in engines:
        step: Any = vars(engine)["_process_function"]
        used = [*_used_by(step), *getattr(step, "__dict__", {}).values()]
        used = [obj for obj in used if not isinstance(obj, nn.Module)]  # perhaps the state's, in another wrapping
        for listener in (listener for event in Events for listener in engine.listeners(event)):
            used += [*_used_by(listener.handler), *listener.args, *listener.kwargs.values()]
        for obj in used:
            own_checkpoint = isinstance(obj, Checkpoint) and obj.to_save.get("random") is state["random"]
            is_off = isinstance(obj, GradScaler) and not obj.is_enabled()
            ignored = id(obj) in known or own_checkpoint or is_off or isinstance(obj, (Engine, type))
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


def _look(path: Path, to_load: Mapping[str, Any]) -> Path | CheckpointError | None:
    """What there is, or why nothing of it can be used: all processes are to raise that."""
    if path.is_file() or path.suffix == ".pt":  # a folder may have dots in its name, and not be there yet
        return path
    try:
        return newest_checkpoint(path, holding=to_load)
    except CheckpointError as error:
        return CheckpointError(str(error))  # of a type that another process can unpickle
