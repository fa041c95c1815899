"""Copies of states in host memory."""

from __future__ import annotations

import torch
from torch import nn

from scaffold_runtime.handlers.saving.staging import Staging, on_host


def test_a_copy_has_nothing_in_common_with_the_original() -> None:
    """Tensors and containers of the copy stay as they were, whatever happens to the original."""
    state = {"a": torch.zeros(3), "nested": [{"b": torch.zeros(2)}, (1, "two")]}
    copied = Staging().of(state)
    state["a"] += 1
    state["nested"][0]["b"] += 1
    state["nested"].append(3)
    assert copied["a"].tolist() == [0, 0, 0]
    assert [copied["nested"][0]["b"].tolist(), *copied["nested"][1:]] == [[0, 0], (1, "two")]


def test_the_memory_of_a_copy_is_taken_by_the_next() -> None:
    """The same shapes are copied into the same memory; another shape gets memory of its own."""
    copies = Staging()
    first = copies.of({"a": torch.zeros(3), "b": torch.zeros(2)})
    places = first["a"].data_ptr(), first["b"].data_ptr()
    second = copies.of({"a": torch.ones(3), "b": torch.ones(4)})
    assert second["a"].data_ptr() == places[0]
    assert second["b"].tolist() == [1, 1, 1, 1]


def test_shared_weights_stay_shared() -> None:
    """Weights that two layers share are copied once, and share memory in the copy."""
    model = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    model[1].weight = model[0].weight
    copied = Staging().of(model.state_dict())
    assert copied["0.weight"].data_ptr() == copied["1.weight"].data_ptr()


def test_what_is_on_the_host_is_not_copied() -> None:
    """Saving at once needs no memory for tensors of the CPU."""
    weight = nn.Parameter(torch.zeros(3))
    assert on_host({"a": weight})["a"].data_ptr() == weight.data_ptr()


def test_versions_of_modules_come_along() -> None:
    """What torch keeps beside the names of a state, for loading old ones, is kept."""
    state = nn.BatchNorm1d(1).state_dict()
    assert Staging().of(state)._metadata == state._metadata  # pyright: ignore[reportAttributeAccessIssue]  # torch's own
