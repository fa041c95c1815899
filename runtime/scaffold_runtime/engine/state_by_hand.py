"""Positions written by hand, in PyTorch-Ignite's manner: `{"epoch": 3, "epoch_length": 100}`."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from . import batch_source, bounds


def state_by_hand(state_dict: Mapping[str, Any]) -> dict[str, Any]:
    """A whole position: one number is given, and the epoch's length says the other.

    Raises:
        ValueError: nobody knows how long an epoch is, or numbers are given that contradict each other.

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
    max_epochs, max_iters = state_dict.get("max_epochs"), state_dict.get("max_iters")
    if max_epochs is not None and max_iters is not None:
        raise ValueError(
            "An engine's state says how long the run is by `max_epochs` or by `max_iters`; this one has both."
        )
    if (max_epochs or completed) < completed or (max_iters or iteration) < iteration:
        raise ValueError(
            f"An engine's state at epoch {completed}, iteration {iteration} should not be one of a run of "
            f"{f'{max_iters} iterations' if max_epochs is None else f'{max_epochs} epochs'}."
        )
    return {
        "epoch": completed + (steps > 0),
        "iteration": iteration,
        "epoch_steps": steps or None,
        "epoch_is_pass": False,
        "data": {"passes": completed, "batches": steps, "by_hand": iteration},
    }


def _find_place(data: Iterable[Any] | None, position: dict[str, Any]) -> dict[str, Any]:
    """Passes follow from the length of the data, not of epochs; a sampler says how many samples its batches had."""
    length = batch_source.length_of(data)
    if "by_hand" not in position or not length:
        return position
    passes, batches = divmod(position["by_hand"], length)
    sampler = copy.copy(batch_source.sampler_of(data))
    if sampler is None:
        return {"passes": passes, "batches": batches}
    sampler.skip(0)
    return {"passes": passes, "batches": batches, "samples": sampler.samples_after(batches)}


batch_source.find_place = _find_place
bounds.from_counts = state_by_hand
