"""Names in files are those that authors gave."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from scaffold_runtime.handlers.saving.state_dicts import plain_state, wrapped_state


def compiled(module: nn.Module) -> nn.Module:
    """The module in the wrapper of `torch.compile`; nothing is compiled before it is called."""
    return cast(nn.Module, torch.compile(module, backend="eager"))


class Own(nn.Module):
    """A model whose author calls a layer `module`, another `_orig_mod`, and adds a key of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.module = nn.Linear(1, 1, bias=False)
        self._orig_mod = nn.Linear(1, 1, bias=False)

    def get_extra_state(self) -> Tensor:
        """One more entry."""
        return torch.tensor(7)

    def set_extra_state(self, state: Any) -> None:
        """Takes it over."""


def test_words_of_authors_are_kept() -> None:
    """A layer keeps its name even if a wrapper of torch uses the same word."""
    names = list(Own().state_dict())
    assert names == ["_extra_state", "module.weight", "_orig_mod.weight"]
    assert list(plain_state(Own())) == names
    assert list(plain_state(nn.DataParallel(compiled(Own())))) == names


def test_wrappers_within_are_seen_through() -> None:
    """A compiled layer inside of a model leaves no trace, and a layer used twice has both its names."""
    layer = compiled(nn.Linear(1, 1, bias=False))
    model = nn.ModuleDict({"first": layer, "second": layer})
    assert list(model.state_dict()) == ["first._orig_mod.weight", "second._orig_mod.weight"]
    assert list(plain_state(model)) == ["first.weight", "second.weight"]


def test_the_way_back() -> None:
    """A plain state loads into a wrapped model, versions of its modules included."""
    wrapped = nn.DataParallel(compiled(nn.Sequential(nn.BatchNorm1d(1))))
    plain = nn.Sequential(nn.BatchNorm1d(1)).state_dict()
    state = wrapped_state(wrapped, plain)
    assert list(state) == list(wrapped.state_dict())
    assert cast(Any, state)._metadata["module._orig_mod.0"] == {"version": 2}
    wrapped.load_state_dict(state)
    assert cast(Any, plain_state(wrapped))._metadata["0"] == {"version": 2}


def test_unknown_names_stay() -> None:
    """A name that the model does not have is left for `load_state_dict` to complain about."""
    assert list(wrapped_state(nn.Linear(1, 1), {"weight": 1, "other": 2})) == ["weight", "other"]
