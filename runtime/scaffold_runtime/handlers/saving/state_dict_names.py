"""The states of models under the names that their authors gave, whatever wraps them.

DDP, `torch.compile`, FSDP and activation checkpointing wrap modules, at the top or anywhere below,
and each puts a word of its own into the names (`module.`, `_orig_mod.`). Those words are found by the
type of the wrapper, never by their spelling: a layer that its author called `module` keeps its name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, cast

from torch import nn

WRAPPED_AS = {
    "DistributedDataParallel": "module",
    "DataParallel": "module",
    "OptimizedModule": "_orig_mod",
    "FullyShardedDataParallel": "_fsdp_wrapped_module",
    "CheckpointWrapper": "_checkpoint_wrapped_module",
}
"""Under which name each wrapper of torch holds what it wraps."""


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
