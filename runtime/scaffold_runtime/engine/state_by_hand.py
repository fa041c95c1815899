"""Positions written by hand, in PyTorch-Ignite's manner: `{"epoch": 3, "epoch_length": 100}`."""

from collections.abc import Mapping
from typing import Any

from . import bounds


def state_by_hand(state_dict: Mapping[str, Any]) -> dict[str, Any]:
    """A whole position: one number is given, and the epoch's length says the other.

    Raises:
        ValueError: nobody knows how long an epoch is, or two numbers are given that contradict each other.

    Example:
        >>> state_by_hand({"epoch": 3, "epoch_length": 100})["iteration"]
        300
    """
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
    if state_dict.get("epoch", completed) not in (completed, completed + (steps > 0)):
        raise ValueError(
            f"Iteration {iteration} is in epoch {completed + (steps > 0)}, with epochs of {length}, and an engine's "
            f"state should not call it epoch {state_dict['epoch']}. Leave one of the two out."
        )
    return {
        "epoch": completed + (steps > 0),
        "iteration": iteration,
        "epoch_steps": steps or None,
        "epoch_is_pass": False,
        "data": {"passes": completed, "batches": steps},
    }


bounds.from_counts = state_by_hand
