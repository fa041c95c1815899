"""States of objects: taken under the names that authors gave, compared with what is there, and given back.

DDP, `torch.compile`, FSDP and activation checkpointing wrap modules, at the top or anywhere below,
and each puts a word of its own into the names (`module.`, `_orig_mod.`). Those words are found by the
type of the wrapper, never by their spelling: a layer that its author called `module` keeps its name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from ...distributed.state_codec import codec
from ...engine.engine import Engine
from ...engine.events import Events
from .checkpoint_error import MismatchError

WRAPPED_AS = {
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "OptimizedModule": "_orig_mod",
    "FullyShardedDataParallel": "_fsdp_wrapped_module",
    "CheckpointWrapper": "_checkpoint_wrapped_module",
}
"""Under which name each wrapper of torch holds what it wraps."""


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


def state_of(obj: Any, *, on_rank: int = 0) -> Any:
    """The state of an object, or of every object in mappings and sequences of them.

    Called on every rank: an object whose state is spread over processes gathers it here.

    Raises:
        TypeError: something has no `state_dict`.
    """
    if isinstance(obj, nn.Module):
        return codec().whole(plain_state(obj), on_rank=on_rank)
    if hasattr(obj, "consolidate_state_dict"):  # ZeroRedundancyOptimizer: whole only where it is saved
        obj.consolidate_state_dict(to=on_rank)
        return obj.state_dict() if distributed.get_rank() == on_rank else {}
    if isinstance(obj, Stateful):
        return codec().whole(obj.state_dict(), on_rank=on_rank)
    if isinstance(obj, Mapping):
        objects = cast("Mapping[str, Any]", obj)
        return {name: state_of(entry, on_rank=on_rank) for name, entry in objects.items()}
    if isinstance(obj, Sequence) and not isinstance(obj, str):
        return [state_of(entry, on_rank=on_rank) for entry in cast("Sequence[Any]", obj)]
    raise TypeError(f"Objects to save have `state_dict` and `load_state_dict`; got a {type(obj).__name__}.")


def check_savable(objects: Any) -> None:
    """Returns if every object has `state_dict`.

    Raises:
        TypeError: one has not.
    """
    if hasattr(objects, "state_dict"):
        return
    if isinstance(objects, Mapping):
        entries = list(cast("Mapping[str, Any]", objects).values())
    elif isinstance(objects, Sequence) and not isinstance(objects, str):
        entries = list(cast("Sequence[Any]", objects))
    else:
        raise TypeError(f"Objects to save have `state_dict` and `load_state_dict`; got a {type(objects).__name__}.")
    for entry in entries:
        check_savable(entry)


def load_state(name: str, obj: Any, state: Any, **module_options: Any) -> None:
    """Gives a state back to an object, or to every object in mappings and sequences of them.

    Raises:
        MismatchError: the state is not of this object.
        TypeError: something has no `load_state_dict`.
    """
    if isinstance(obj, nn.Module):
        _load_module(name, obj, state, module_options)
    elif hasattr(obj, "load_state_dict"):
        obj.load_state_dict(codec().shard_optimizer_state(obj, state) if isinstance(obj, Optimizer) else state)
    elif isinstance(obj, Mapping):
        objects = cast("Mapping[str, Any]", obj)
        missing = [key for key in objects if key not in state]
        if missing:
            raise MismatchError(name, missing=missing)
        for key, entry in objects.items():
            load_state(key, entry, state[key], **module_options)
    elif isinstance(obj, Sequence) and not isinstance(obj, str):
        for index, entry in enumerate(cast("Sequence[Any]", obj)):
            load_state(f"{name}[{index}]", entry, state[index], **module_options)
    else:
        raise TypeError(f"Objects to load have `load_state_dict`; '{name}' is a {type(obj).__name__}.")


def plain_state(model: nn.Module) -> dict[str, Any]:
    """The model's state without the words of wrappers.

    Example:
        >>> list(plain_state(nn.DataParallel(nn.Sequential(nn.Linear(1, 1)))))
        ['0.weight', '0.bias']
    """
    state: dict[str, Any] = model.state_dict()
    prefixes = dict(_prefixes(model, "", ""))
    plain = OrderedDict((_plain(key, prefixes), value) for key, value in state.items())
    versions: dict[str, Any] = getattr(state, "_metadata", {})
    _set_versions(plain, {plain: versions[raw[:-1]] for raw, plain in prefixes.items() if raw[:-1] in versions})
    return plain


def wrapped_state(model: nn.Module, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The way back: a state under the names that `model.load_state_dict` wants; unknown names stay."""
    prefixes = dict(_prefixes(model, "", ""))
    names = {_plain(key, prefixes): key for key in model.state_dict()}
    state = OrderedDict((names.get(key, key), value) for key, value in plain.items())
    versions: dict[str, Any] = getattr(plain, "_metadata", {})
    _set_versions(state, {raw: versions[name[:-1]] for raw, name in prefixes.items() if name[:-1] in versions})
    return state


def _load_module(name: str, model: nn.Module, state: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    wanted = plain_state(model)
    if not set(wanted) & set(state):  # perhaps a file from elsewhere, saved with its wrappers
        state = {key.removeprefix("module.").replace("_orig_mod.", ""): value for key, value in state.items()}
    if options.get("strict", True):
        _compare(name, wanted, state)
    shards = OrderedDict((key, codec().shard_like(value, wanted.get(key))) for key, value in state.items())
    if hasattr(state, "_metadata"):
        cast(Any, shards)._metadata = cast(Any, state)._metadata
    model.load_state_dict(wrapped_state(model, shards), **options)


def _compare(name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    missing = [key for key in wanted if key not in found]
    unexpected = [key for key in found if key not in wanted]
    shapes = {
        key: (tuple(found[key].shape), tuple(value.shape))
        for key, value in wanted.items()
        if isinstance(value, Tensor) and isinstance(found.get(key), Tensor) and found[key].shape != value.shape
    }
    if missing or unexpected or shapes:
        raise MismatchError(name, missing=missing, unexpected=unexpected, shapes=shapes)


def _set_versions(state: dict[str, Any], by_prefix: dict[str, Any]) -> None:
    """Module versions, which torch keeps in an attribute of its state dicts."""
    if by_prefix:
        cast(Any, state)._metadata = OrderedDict((prefix[:-1], version) for prefix, version in by_prefix.items())


def _plain(key: str, prefixes: dict[str, str]) -> str:
    owner = key[: key.rfind(".") + 1]
    while owner not in prefixes:  # a key that a module added to its state may have dots of its own
        owner = owner[: owner.rfind(".", 0, -1) + 1]
    return prefixes[owner] + key[len(owner) :]


def _prefixes(module: nn.Module, raw: str, plain: str) -> Iterator[tuple[str, str]]:
    """What the keys of each submodule begin with, with and without wrappers."""
    yield raw, plain
    hidden = _hidden_child(module)
    children: dict[str, nn.Module | None] = cast(Any, module)._modules  # `named_children` leaves out repeated ones
    for name, child in children.items():
        if child is not None:
            yield from _prefixes(child, f"{raw}{name}.", plain if name == hidden else f"{plain}{name}.")


def _hidden_child(module: nn.Module) -> str | None:
    for kind in type(module).__mro__:
        if kind.__name__ in WRAPPED_AS and kind.__module__.startswith("torch."):
            return WRAPPED_AS[kind.__name__]
    return None
