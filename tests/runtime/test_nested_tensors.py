"""The one recursion over containers of tensors."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from scaffold_runtime.nested_tensors import map_tensors


class Pair(NamedTuple):
    """A named tuple."""

    x: torch.Tensor
    y: torch.Tensor


def test_containers_keep_their_kind() -> None:
    """Tuples, named ones, lists and mappings come back as what they were, in new containers."""
    data = {"pair": Pair(torch.ones(1), torch.zeros(1)), "rest": (torch.ones(1), ["word", b"bytes"])}
    mapped = map_tensors(torch.neg, data)
    assert mapped == {"pair": Pair(-torch.ones(1), torch.zeros(1)), "rest": (-torch.ones(1), ["word", b"bytes"])}
    assert type(mapped["pair"]) is Pair
    assert mapped["rest"][1] is not data["rest"][1]


def test_anything_else_is_copied() -> None:
    """The state of an optimizer is full of numbers, and may hold a container that others change."""
    state = {"lr": 0.5, "betas": (1, None), "seen": {1}}
    mapped = map_tensors(torch.neg, state)
    assert mapped == state
    assert mapped["seen"] is not state["seen"]


def test_versions_of_modules_come_along() -> None:
    """What torch keeps beside the names of a state, for loading old ones, is kept."""
    state = nn.BatchNorm1d(1).state_dict()
    assert map_tensors(torch.clone, state)._metadata == state._metadata  # pyright: ignore[reportAttributeAccessIssue]  # torch's own
