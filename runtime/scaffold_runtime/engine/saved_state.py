"""Reads an engine's saved position, its own or one written by hand in PyTorch-Ignite's manner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True)
class SavedState:
    """A position between two steps.

    Attributes:
        epoch: epochs begun.
        iteration: steps done.
        epoch_length: steps of an epoch, or None.
        epoch_steps: steps done of an epoch that is not completed, or None.
        epoch_is_walk: the epoch's length is that of the data, so it may follow the data's.
        data: the position in the data, as `Feed.state_dict` told.
    """

    epoch: int
    iteration: int
    epoch_length: int | None
    epoch_steps: int | None
    epoch_is_walk: bool
    data: dict[str, Any]


def read_state(state_dict: Mapping[str, Any], user_keys: Iterable[str]) -> SavedState:
    """Reads what `Engine.state_dict` told, or `{"epoch": 3, "epoch_length": 100}`, or `{"iteration": 350, ...}`.

    Raises:
        TypeError: it is no mapping.
        ValueError: keys are missing, or a number cannot be.
    """
    if not isinstance(cast("object", state_dict), Mapping):
        raise TypeError(f"An engine's state is a mapping, got {state_dict!r}.")
    missing = [key for key in ("epoch_length", *user_keys) if key not in state_dict]
    if not ("iteration" in state_dict or "epoch" in state_dict):
        missing.append("iteration (or epoch)")
    if missing:
        raise ValueError(
            f"An engine's state should have {', '.join(missing)}; this one has "
            f"{', '.join(map(str, state_dict)) or 'nothing'}. Is it the state of another object?"
        )
    for key in ("epoch", "iteration", "epoch_length"):
        value = state_dict.get(key)
        if value is not None and not (isinstance(value, int) and value >= 0):
            raise ValueError(f"`{key}` of an engine's state should be a count, got {value!r}.")
    return _own(state_dict) if "data" in state_dict else _by_hand(state_dict)


def _own(state_dict: Mapping[str, Any]) -> SavedState:
    return SavedState(**{name: state_dict[name] for name in SavedState.__dataclass_fields__})


def _by_hand(state_dict: Mapping[str, Any]) -> SavedState:
    """One number is given; the epoch's length says the other."""
    length: int | None = state_dict["epoch_length"]
    if not length and (state_dict.get("epoch") or state_dict.get("iteration")):
        raise ValueError(
            f"Without `epoch_length` nobody knows where epochs begin; it is {length!r} in an engine's state at "
            f"{'epoch' if 'epoch' in state_dict else 'iteration'} "
            f"{state_dict.get('epoch', state_dict.get('iteration'))}."
        )
    length = length or 1
    iteration: int = state_dict["iteration"] if "iteration" in state_dict else state_dict["epoch"] * length
    completed, steps = divmod(iteration, length)
    return SavedState(
        epoch=completed + (steps > 0),
        iteration=iteration,
        epoch_length=state_dict["epoch_length"],
        epoch_steps=steps or None,
        epoch_is_walk=False,
        data={"walks": completed, "batches": steps},
    )
