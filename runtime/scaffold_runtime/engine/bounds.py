"""What comes from outside - the arguments of a run, a saved position - held against where the engine is.

Every refusal says both.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from .batch_source import length_of, may_be_empty
from .events import State

from_counts: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
"""Reads a position written by hand, in programs that import `state_by_hand`."""


def check_arguments(
    data: Iterable[Any] | None, max_epochs: int | None, max_iters: int | None, epoch_length: int | None
) -> None:
    """Refuses what no run could use."""
    if data is not None and not isinstance(cast("object", data), Iterable):
        raise TypeError(f"`data` should be iterable - a list, a loader, a generator - got {data!r}.")
    if max_epochs is not None and max_iters is not None:
        raise ValueError("Give `max_epochs` or `max_iters`, not both: they say the same thing in two units.")
    for name, value in (("max_epochs", max_epochs), ("max_iters", max_iters), ("epoch_length", epoch_length)):
        if value is not None and value < 1:
            raise ValueError(f"`{name}` should be at least 1, got {value}.")
    if length_of(data) == 0 and not may_be_empty(data):
        raise ValueError("The data is empty: `len(data)` is 0, and an engine needs at least one batch.")


def check_progress(state: State, max_epochs: int | None, max_iters: int | None) -> None:
    """Refuses bounds that the run has passed already."""
    for name, value, reached in (("max_epochs", max_epochs, state.epoch), ("max_iters", max_iters, state.iteration)):
        if value is not None and value < reached:
            raise ValueError(
                f"`{name}` should be at least {reached}, which the run has reached; got {value}. "
                "To start over, set `engine.state.max_epochs` and `engine.state.max_iters` to None first."
            )


def asks_for_no_more(state: State, max_epochs: int | None, max_iters: int | None) -> bool:
    """Whether a finished run is asked for again, as it was; one of several epochs is not started over so easily."""
    same = max_epochs == state.epoch if max_epochs is not None else max_iters == state.iteration
    if same and state.epoch > 1:
        asked = f"max_epochs={max_epochs}" if max_epochs is not None else f"max_iters={max_iters}"
        raise ValueError(
            f"The run is complete after {state.epoch} epochs, {state.iteration} iterations, and `{asked}` asks for no "
            "more. Ask for more to go on; to start over, set `engine.state.max_epochs` and `engine.state.max_iters` "
            "to None first."
        )
    return same


def check_epoch_length(state: State, epoch_length: int | None) -> None:
    """Refuses to change the length of the epochs in the middle of a run."""
    if epoch_length is not None and state.epoch_length not in (None, epoch_length):
        raise ValueError(
            f"The run has epochs of {state.epoch_length} iterations, and `epoch_length={epoch_length}` would change "
            "that on the way. Leave it out to go on."
        )


def read_state(state_dict: Mapping[str, Any], user_keys: Iterable[str]) -> dict[str, Any]:
    """A saved position, whole, from one that is written by hand as well, in PyTorch-Ignite's manner.

    Args:
        state_dict: what `Engine.state_dict` told, or `{"epoch": 3, "epoch_length": 100}`, or
            `{"iteration": 350, "epoch_length": 100}`.
        user_keys: what else has to be there.

    Raises:
        TypeError: it is no mapping.
        ValueError: keys are missing, or a number cannot be.
    """
    if not isinstance(cast("object", state_dict), Mapping):
        raise TypeError(f"An engine's state is a mapping, got {state_dict!r}.")
    needed = ("epoch_length", *user_keys, *(() if from_counts else ("data",)))
    missing = [key for key in needed if key not in state_dict]
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
    if "data" not in state_dict and from_counts is not None:
        return {**state_dict, **from_counts(state_dict)}
    return dict(state_dict)
