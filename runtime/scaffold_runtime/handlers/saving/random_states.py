"""The random numbers of a run, from where they were: of each process, on the CPU and on its device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from ... import distributed as idist
from ...engine.engine import Engine
from ...engine.event_source import RemovableEventHandle
from ...engine.events import Events, Priority
from ...engine.random_state import random_state, seed_everything, set_random_state


class RandomStates:
    """The states of all random number generators of all processes, as one object to save.

    A loaded state is set at once, and again when the trainer starts, and once more when it has opened its data in
    the middle of an epoch: whatever is drawn on the way there - by a new model's weights, by a loader that seeds
    its workers - leaves no trace, and the next step draws what it would have drawn.

    With another number of processes there are no states for the new ones; all are seeded anew then, each
    differently, by what rank 0 had: the same restart draws the same numbers.

    Runs on:   nothing, until a state is loaded; then once on the trainer's start.
    Changes:   the generators of torch (CPU and this process's device), Python, and NumPy if it is imported.
    Saves:     their states, of all processes.
    Processes: each has its own; `state_dict` gathers them and is a collective.

    Args:
        trainer: the engine whose steps draw.

    Example:
        >>> import torch
        >>> trainer = Engine(lambda engine, batch: torch.rand(1).item())
        >>> states = RandomStates(trainer)
        >>> saved = states.state_dict()
        >>> first = trainer.run([0]).output
        >>> states.load_state_dict(saved)
        >>> trainer.run([0]).output == first
        True
    """

    def __init__(self, trainer: Engine[Any, Any]) -> None:
        self._trainer = trainer
        self._handles: list[RemovableEventHandle] = []

    def state_dict(self) -> dict[str, Any]:
        """What the generators of all processes say now."""
        return {"ranks": idist.all_gather(_rank_state())}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes back there."""
        ranks: list[dict[str, Any]] = state_dict["ranks"]
        if len(ranks) == idist.get_world_size():
            state = ranks[idist.get_rank()]
        else:
            seed_everything(_new_seed(ranks[0]))
            state = _rank_state()
        self._restore(state)

    def _restore(self, state: dict[str, Any]) -> None:
        self._forget()
        _set_rank_state(state)

        def at_epoch(engine: Engine[Any, Any]) -> None:
            self._forget()
            if engine.resuming:  # the data is opened next, which draws numbers that the saved run drew before
                self._on(Events.GET_BATCH_STARTED, for_the_last_time, Priority.RESTORE_LAST)
                self._on(Events.EPOCH_COMPLETED, for_the_last_time, Priority.RESTORE_FIRST)  # if no batch is left

        def for_the_last_time() -> None:
            self._forget()
            _set_rank_state(state)

        self._on(Events.STARTED, lambda: _set_rank_state(state), Priority.RESTORE_LAST)
        self._on(Events.EPOCH_STARTED, at_epoch, Priority.RESTORE_LAST)

    def _on(self, event: Events, handler: Callable[..., None], priority: int) -> None:
        self._handles.append(self._trainer.add_event_handler(event, handler, priority=priority))

    def _forget(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def _rank_state() -> dict[str, Any]:
    return {"host": random_state(), "device": idist.rng_state()}


def _set_rank_state(state: Mapping[str, Any]) -> None:
    set_random_state(state["host"])
    idist.set_rng_state(state["device"])


def _new_seed(rank_0: Mapping[str, Any]) -> int:
    """A seed of this process, among as many as there are now."""
    drawn = bytes(rank_0["host"]["torch"].tolist())
    place = f"{idist.get_rank()}/{idist.get_world_size()}".encode()
    return int.from_bytes(hashlib.sha256(drawn + place).digest()[:7], "big")
