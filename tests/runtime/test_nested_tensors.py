"""The one recursion over containers of tensors."""

from __future__ import annotations

from collections import namedtuple

import pytest
import torch
from torch import nn

from scaffold_runtime.nested_tensors import map_tensors

Pair = namedtuple("Pair", ["x", "y"])


def test_containers_keep_their_kind() -> None:
    """Tuples, named ones, lists and mappings come back as what they were, in new containers."""
    data = {"pair": Pair(torch.ones(1), torch.zeros(1)), "rest": (torch.ones(1), ["word", b"bytes"])}
    mapped = map_tensors(torch.neg, data)
    assert mapped == {"pair": Pair(-torch.ones(1), torch.zeros(1)), "rest": (-torch.ones(1), ["word", b"bytes"])}
    assert type(mapped["pair"]) is Pair
    assert mapped["rest"][1] is not data["rest"][1]


def test_anything_else_is_refused_in_batches_and_passed_in_states() -> None:
    """A batch with a number is a mistake; the state of an optimizer is full of them."""
    with pytest.raises(TypeError, match="A batch holds tensors, sequences, mappings and strings; got int"):
        map_tensors(torch.neg, [1])
    assert map_tensors(torch.neg, {"lr": 0.5, "betas": (1, None)}, others=lambda value: value) == {
        "lr": 0.5,
        "betas": (1, None),
    }


def test_versions_of_modules_come_along() -> None:
    """What torch keeps beside the names of a state, for loading old ones, is kept."""
    state = nn.BatchNorm1d(1).state_dict()
    assert map_tensors(torch.clone, state)._metadata == state._metadata  # pyright: ignore[reportAttributeAccessIssue]  # torch's own
