"""States of objects: taken under the names that authors gave, compared with what is there, and given back.

DDP, `torch.compile`, FSDP and activation checkpointing wrap modules, at the top or anywhere below,
and each puts a word of its own into the names (`module.`, `_orig_mod.`). Those words are found by the
type of the wrapper, never by their spelling: a layer that its author called `module` keeps its name.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from ...distributed import state_codec
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

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Takes a state over."""


def is_sound(*engines: Engine[Any, Any]) -> bool:
    """Whether all guards of the engines say so: handlers of `ITERATION_COMPLETED` that have an `is_sound`.

    Each is asked on every process, for that may be a collective, and says the same on all.
    """
    event = Events.ITERATION_COMPLETED
    listening = [(engine, entry.handler) for engine in dict.fromkeys(engines) for entry in engine.listeners(event)]
    guards = [(engine, getattr(handler, "is_sound", None)) for engine, handler in listening]
    answers = [guard(engine) for engine, guard in guards if guard is not None]
    return all(answers)


def state_of(objects: Any, *, on_rank: int = 0) -> Any:
    """The state of an object, or of every object in mappings and sequences of them.

    Called on every rank: an object whose state is spread over processes gathers it here.

    Raises:
        TypeError: something has no `state_dict`.
    """

    def state(_: str, obj: Any) -> Any:
        if hasattr(obj, "consolidate_state_dict"):  # ZeroRedundancyOptimizer: whole only where it is saved
            obj.consolidate_state_dict(to=on_rank)
            return obj.state_dict() if distributed.get_rank() == on_rank else {}
        own = plain_state(obj) if isinstance(obj, nn.Module) else obj.state_dict()
        return state_codec.codec.whole(own, on_rank=on_rank)

    return _of_each(state, "objects", objects)


def check_savable(objects: Any) -> None:
    """Returns if every object has `state_dict` and `load_state_dict`.

    Raises:
        TypeError: one has not.
    """
    _of_each(lambda *_: None, "objects", objects)


def load_state(name: str, objects: Any, states: Any, **module_options: Any) -> None:
    """Gives a state back to an object, or to every object in mappings and sequences of them.

    Raises:
        MismatchError: the state is not of this object.
        TypeError: something has no `load_state_dict`.
    """

    def load(name: str, obj: Any, state: Any) -> None:
        if isinstance(obj, nn.Module):
            _load_module(name, obj, state, module_options)
        elif isinstance(obj, Optimizer):
            saved, here = ([len(group["params"]) for group in of["param_groups"]] for of in (state, vars(obj)))
            if saved != here:
                raise MismatchError(name, shapes={"param_groups": (f"parameters {saved}", f"{here}")})
            whole: Any = state_codec.codec.shard_optimizer_state(obj, state)
            obj.load_state_dict(whole)
        else:
            obj.load_state_dict(state)

    _of_each(load, name, objects, states)


def _of_each(function: Callable[..., Any], name: str, objects: Any, *states: Any) -> Any:
    """What `function` returns for each object, in the same mappings and sequences; its state there comes along."""
    if isinstance(objects, Stateful):
        return function(name, objects, *states)
    if isinstance(objects, Mapping):
        entries = cast("Mapping[str, Any]", objects)
        missing = [key for state in states for key in entries if key not in state]
        if missing:
            raise MismatchError(name, missing=missing)
        return {key: _of_each(function, key, entry, *(s[key] for s in states)) for key, entry in entries.items()}
    if isinstance(objects, Sequence) and not isinstance(objects, str):
        items = cast("Sequence[Any]", objects)
        missing = [f"{name}[{index}]" for state in states for index in range(len(state), len(items))]
        if missing:
            raise MismatchError(name, missing=missing)
        return [_of_each(function, f"{name}[{i}]", item, *(s[i] for s in states)) for i, item in enumerate(items)]
    raise TypeError(f"Objects to save have `state_dict` and `load_state_dict`; got a {type(objects).__name__}.")


def plain_state(model: nn.Module) -> dict[str, Any]:
    """The model's state without the words of wrappers.

    Example:
        >>> list(plain_state(nn.DataParallel(nn.Sequential(nn.Linear(1, 1)))))
        ['0.weight', '0.bias']
    """
    state: dict[str, Any] = model.state_dict()
    return _renamed(state, *_plain_names(model, state))


def wrapped_state(model: nn.Module, plain: Mapping[str, Any]) -> dict[str, Any]:
    """The way back: a state under the names that `model.load_state_dict` wants; unknown names stay."""
    keys, modules = _plain_names(model, model.state_dict())
    return _renamed(plain, {new: old for old, new in keys.items()}, {new: old for old, new in modules.items()})


def _load_module(name: str, model: nn.Module, state: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    wanted = plain_state(model)
    if not set(wanted) & set(state):  # perhaps a file from elsewhere, saved with its wrappers
        state = {key.removeprefix("module.").replace("_orig_mod.", ""): value for key, value in state.items()}
    if options.get("strict", True):
        _compare(name, wanted, state)
    shards = wrapped_state(model, state)
    parameters = wrapped_state(model, wanted)
    shards.update({key: state_codec.codec.shard_like(value, parameters.get(key)) for key, value in shards.items()})
    model.load_state_dict(shards, **options)


def _compare(name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    missing = [key for key in wanted if key not in found]
    unexpected = [key for key in found if key not in wanted]
    shapes = {
        key: (tuple(found[key].shape), tuple(value.shape))
        for key, value in wanted.items()
        if isinstance(value, Tensor) and isinstance(found.get(key), Tensor) and found[key].shape != value.shape
    }
    if missing or unexpected or shapes:
        fits = not shapes  # else torch refuses under `strict=False` too
        raise MismatchError(name, missing=missing, unexpected=unexpected, shapes=shapes, fits_in_part=fits)


def _renamed(state: Mapping[str, Any], keys: Mapping[str, str], modules: Mapping[str, str]) -> dict[str, Any]:
    """The state under other names, and the modules' versions, which torch keeps in an attribute of its state dicts."""
    renamed = OrderedDict((keys.get(key, key), value) for key, value in state.items())
    versions: dict[str, Any] = getattr(state, "_metadata", {})
    if versions:
        cast(Any, renamed)._metadata = OrderedDict((modules.get(key, key), value) for key, value in versions.items())
    return renamed


def _plain_names(model: nn.Module, state: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Names without the words of wrappers: of the state's keys, and of modules."""
    prefixes = dict(_prefixes(model, "", ""))
    keys: dict[str, str] = {}
    for key in state:
        owner = key[: key.rfind(".") + 1]
        while owner not in prefixes:  # a key that a module added to its state may have dots of its own
            owner = owner[: owner.rfind(".", 0, -1) + 1]
        keys[key] = prefixes[owner] + key[len(owner) :]
    return keys, {raw[:-1]: plain[:-1] for raw, plain in prefixes.items()}


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
