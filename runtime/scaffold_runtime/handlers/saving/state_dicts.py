"""States of objects: taken without the traces of wrappers, compared with what is there, and given back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from ...distributed.state_codec import codec
from .checkpoint_error import MismatchError
from .state_dict_names import plain_state, wrapped_state
from .stateful import Stateful


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
