"""The metrics of engines: values that were computed, and states that are still being collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from torch import Tensor

from ..engine.engine import Engine
from ..engine.event_source import RemovableEventHandle
from ..engine.events import Events
from ..metrics.attachment import EventMetrics
from .saving.random_states import LAST


class EngineMetrics:
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
        self._trainer = trainer
        self._engines = {"trainer": trainer, **(evaluators or {})}
        self._handles: list[RemovableEventHandle] = []

    def state_dict(self) -> dict[str, Any]:
        """Values of all engines and states of the trainer's metrics."""
        values = {name: _plain(engine.state.metrics) for name, engine in self._engines.items()}
        return {"values": values, "states": {name: m.state_dict() for name, m in attached_metrics(self._trainer)}}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Puts values and states back, now and after the trainer has started."""
        for name, values in state_dict["values"].items():
            if name in self._engines:
                self._engines[name].state.metrics.update(values)
        for handle in self._handles:
            handle.remove()
        states: dict[str, Any] = state_dict["states"]

        def put_back() -> None:
            for name, metric in attached_metrics(self._trainer):
                if name in states:
                    metric.load_state_dict(states[name])

        def at_epoch(engine: Engine[Any, Any]) -> None:
            if engine.resuming:  # else the epoch is a new one, and metrics of epochs start anew
                put_back()
            for handle in self._handles:
                handle.remove()

        put_back()
        self._handles = [
            self._trainer.add_event_handler(Events.STARTED, put_back, priority=LAST),
            self._trainer.add_event_handler(Events.EPOCH_STARTED, at_epoch, priority=LAST),
        ]


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


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(entry) for entry in cast("dict[Any, Any]", value).values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(entry) for entry in cast("list[Any]", value))
    return value is None or isinstance(value, (bool, int, float, str, Tensor))
