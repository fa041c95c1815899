"""What a trainer's start would overwrite, and a resumed run goes on with: random numbers and metrics in flight."""

import hashlib
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from torch import Tensor

from ... import distributed as idist
from ...engine.engine import Engine
from ...engine.event_source import RemovableEventHandle
from ...engine.events import Events, Priority
from ...engine.random_state import random_state, seed_everything, set_random_state
from ...metrics.machinery.attachment import EventMetrics


class Restored:
    """A loaded state is set at once, again when the trainer starts, and once more when it has opened its data.

    Only in the middle of an epoch, that is: a new epoch begins anew.
    """

    def __init__(self, trainer: Engine[Any, Any]) -> None:
        self._trainer: Engine[Any, Any] = weakref.proxy(trainer)  # whose checkpoint holds this
        self._handles: list[RemovableEventHandle] = []

    def _restore(self, put_back: Callable[[], None]) -> None:
        self._forget()
        put_back()

        def at_epoch(engine: Engine[Any, Any]) -> None:
            self._forget()
            if engine.resuming:  # the data is opened next, which draws numbers that the saved run drew before
                self._on(Events.GET_BATCH_STARTED, for_the_last_time, Priority.RESTORE_LAST)
                self._on(Events.EPOCH_COMPLETED, for_the_last_time, Priority.RESTORE_FIRST)  # if no batch is left

        def for_the_last_time() -> None:
            self._forget()
            put_back()

        self._on(Events.STARTED, put_back, Priority.RESTORE_LAST)
        self._on(Events.EPOCH_STARTED, at_epoch, Priority.RESTORE_LAST)

    def _on(self, event: Events, handler: Callable[..., None], priority: int) -> None:
        self._handles.append(self._trainer.add_event_handler(event, handler, priority=priority))

    def _forget(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


class RandomStates(Restored):
    """The states of all random number generators of all processes, as one object to save.

    Whatever is drawn between loading and the next step - by a new model's weights, by a loader that seeds its
    workers - leaves no trace: the step draws what it would have drawn.

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

    def state_dict(self) -> dict[str, Any]:
        """What the generators of all processes say now."""
        return {"ranks": idist.all_gather(rank_state())}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes back there."""
        ranks: list[dict[str, Any]] = state_dict["ranks"]
        if not (is_known := len(ranks) == idist.get_world_size()):
            seed_everything(_new_seed(ranks[0]))
        state = ranks[idist.get_rank()] if is_known else rank_state()
        self._restore(lambda: set_rank_state(state))


def rank_state() -> dict[str, Any]:
    """What all generators of this process say now."""
    return {"host": random_state(), "device": idist.current().rng_state()}


def set_rank_state(state: Mapping[str, Any]) -> None:
    """Goes back there."""
    set_random_state(state["host"])
    idist.current().set_rng_state(state["device"])


def _new_seed(rank_0: Mapping[str, Any]) -> int:
    """A seed of this process, among as many as there are now."""
    drawn = bytes(rank_0["host"]["torch"].tolist())
    place = f"{idist.get_rank()}/{idist.get_world_size()}".encode()
    return int.from_bytes(hashlib.sha256(drawn + place).digest()[:7], "big")


class EngineMetrics(Restored):
    """The metrics attached to engines, as one object to save.

    A run that was saved in the middle of an epoch goes on counting where it was. Engines reset their metrics when
    they start, so what was loaded is put back after that.

    Runs on:   nothing, until a state is loaded; then once on the trainer's start.
    Changes:   states of metrics, and `state.metrics`.
    Saves:     them.
    Processes: each metric saves the states of all; `state_dict` is a collective.

    Args:
        trainer: the engine that is in the middle of an epoch when it is saved.
        evaluators: engines whose last values are kept.
    """

    def __init__(self, trainer: Engine[Any, Any], evaluators: Mapping[str, Engine[Any, Any]] | None = None) -> None:
        super().__init__(trainer)
        self._engines = {"trainer": self._trainer, **(evaluators or {})}

    def state_dict(self) -> dict[str, Any]:
        """Values of all engines and states of the trainer's metrics."""
        values = {name: _plain(engine.state.metrics) for name, engine in self._engines.items()}
        return {"values": values, "states": {name: m.state_dict() for name, m in attached_metrics(self._trainer)}}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Puts values and states back, now and after the trainer has started."""
        for name, values in state_dict["values"].items():
            if name in self._engines:
                self._engines[name].state.metrics.update(values)
        states: dict[str, Any] = state_dict["states"]

        def put_back() -> None:
            for name, metric in attached_metrics(self._trainer):
                if name in states:
                    metric.load_state_dict(states[name])

        self._restore(put_back)


def attached_metrics(engine: Engine[Any, Any]) -> Iterator[tuple[str, Any]]:
    """The metrics that an engine resets or updates, each with a name that is the same in every run of the program."""
    metrics: dict[int, Any] = {}
    names: dict[int, str] = {}
    for event in Events:
        for listener in engine.listeners(event):
            if isinstance(listener.handler, EventMetrics):
                found = listener.handler
                names |= {id(metric): name for metric, name, _ in found.completed}
                metrics |= {id(metric): metric for metric in (*found.started, *found.updated)}
    for index, (key, metric) in enumerate(metrics.items()):
        yield names.get(key, f"{type(metric).__name__} {index}"), metric


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that can be saved without code."""
    return {name: value for name, value in values.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (dict, list, tuple)):
        entries = cast("Any", value)
        return all(map(_is_plain, entries.values() if isinstance(value, dict) else entries))
    return value is None or isinstance(value, (bool, int, float, str, Tensor))
