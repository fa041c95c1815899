"""What a call of `run` asks for, held against where the engine is; every refusal says both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .feed import length_of
from .position import may_be_empty
from .state import State


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


def check_unfinished(state: State, max_epochs: int | None, max_iters: int | None) -> None:
    """Refuses to start a finished run of several epochs over because the same was asked for again."""
    same = max_epochs == state.epoch if max_epochs is not None else max_iters == state.iteration
    if same and state.epoch > 1:
        asked = f"max_epochs={max_epochs}" if max_epochs is not None else f"max_iters={max_iters}"
        raise ValueError(
            f"The run is complete after {state.epoch} epochs, {state.iteration} iterations, and `{asked}` asks for no "
            "more. Ask for more to go on; to start over, set `engine.state.max_epochs` and `engine.state.max_iters` "
            "to None first."
        )


def check_epoch_length(state: State, epoch_length: int | None) -> None:
    """Refuses to change the length of the epochs in the middle of a run."""
    if epoch_length is not None and state.epoch_length not in (None, epoch_length):
        raise ValueError(
            f"The run has epochs of {state.epoch_length} iterations, and `epoch_length={epoch_length}` would change "
            "that on the way. Leave it out to go on."
        )
