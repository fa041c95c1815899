"""The metrics of an engine, event by event.

An engine's metrics are handled together, so that they share what they compute of a batch, enter
`no_grad` once, and synchronise in one go. At each event the engine calls one handler, in the place
where the first metric was attached: it resets, then updates, then computes, in order of attachment.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch

from ...engine.engine import Engine
from ...engine.events import AnyEvent
from .batch_cache import Sharing
from .synchronisation import merged
from .usage import MetricUsage

if TYPE_CHECKING:
    from ..metric import Metric


class EventMetrics:
    """The metrics that have something to do at one event of one engine.

    `started` and `updated` hold, for each metric, who asked for it: the metric itself, or those that
    are computed from it. It stays until nobody asks any more. `completed` holds metric, name, and
    whether the value is that of all processes.
    """

    def __init__(self) -> None:
        self.started: dict[Metric, list[Metric]] = {}
        self.updated: dict[Metric, list[Metric]] = {}
        self.completed: list[tuple[Metric, str, bool]] = []
        self._sharing = Sharing(self.updated)
        self._no_grad = torch.no_grad()  # one for all batches: making it costs more than entering it

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.started or self.updated or self.completed)

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Does it, in order of attachment."""
        for metric in self.started:
            metric.started(engine)
        if self.updated:
            if torch.is_grad_enabled():
                with self._no_grad:
                    self._update(engine)
            else:
                self._update(engine)
        if self.completed:
            self._complete(engine)

    def _update(self, engine: Engine[Any, Any]) -> None:
        if len(self.updated) == 1:  # nobody to share with
            for metric in self.updated:
                metric.iteration_completed(engine)
            return
        self._sharing.begin()
        try:
            for metric in self.updated:
                metric.iteration_completed(engine)
        finally:
            self._sharing.end()

    def _complete(self, engine: Engine[Any, Any]) -> None:
        with merged(metric for metric, _, merge in self.completed if merge):
            for metric, name, _ in self.completed:
                metric.completed(engine, name)


# Nothing in the values may refer to the engine, or it would never be freed.
_ATTACHED: WeakKeyDictionary[Engine[Any, Any], dict[AnyEvent, EventMetrics]] = WeakKeyDictionary()


def metrics_at(engine: Engine[Any, Any], event: AnyEvent) -> EventMetrics:
    """What there is to do at `event`; the engine is told of it when it is asked for the first time."""
    events = _ATTACHED.setdefault(engine, {})
    if event not in events:
        events[event] = EventMetrics()
        engine.add_event_handler(event, events[event])
    return events[event]


def feed(engine: Engine[Any, Any], metrics: Iterable[Metric], usage: MetricUsage, *, owner: Metric) -> None:
    """Lets `metrics` be reset and updated for as long as `owner` is attached.

    Raises:
        ValueError: one of them is, at other events of this engine; nothing has changed.
    """
    metrics = list(metrics)
    for metric in metrics:
        _check_usage(engine, metric, usage)
    for asked in (metrics_at(engine, usage.STARTED).started, metrics_at(engine, usage.ITERATION_COMPLETED).updated):
        for metric in metrics:
            owners = asked.setdefault(metric, [])
            if owner not in owners:
                owners.append(owner)


def complete(engine: Engine[Any, Any], metric: Metric, event: AnyEvent, name: str, *, merge: bool = True) -> None:
    """Lets `metric` write its value to `engine.state.metrics[name]` at `event`, that of all processes or its own."""
    metrics_at(engine, event).completed.append((metric, name, merge))


def release(engine: Engine[Any, Any], owner: Metric, completed: Set[AnyEvent]) -> None:
    """Takes back the values of `owner` at these events; with the last of all, what it asked to be fed."""
    attached = _ATTACHED.get(engine, {})
    for event in completed & attached.keys():
        attached[event].completed = [entry for entry in attached[event].completed if entry[0] is not owner]
    if not any(entry[0] is owner for at_event in attached.values() for entry in at_event.completed):
        for at_event in attached.values():
            _withdraw(at_event.started, owner)
            _withdraw(at_event.updated, owner)
    for event, at_event in list(attached.items()):
        if at_event.is_empty:
            engine.remove_event_handler(at_event, event)
            del attached[event]


def is_completed(engine: Engine[Any, Any], metric: Metric, event: AnyEvent) -> bool:
    """Whether `metric` writes its value at `event`."""
    at_event = _ATTACHED.get(engine, {}).get(event)
    return at_event is not None and any(entry[0] is metric for entry in at_event.completed)


def is_completed_anywhere(metric: Metric) -> bool:
    """Whether `metric` writes its value at an event of any engine that is still there."""
    engines = list(_ATTACHED.values())
    return any(entry[0] is metric for events in engines for at_event in events.values() for entry in at_event.completed)


def _check_usage(engine: Engine[Any, Any], metric: Metric, usage: MetricUsage) -> None:
    """One metric has one set of states: reset for one usage, they are lost to the other."""
    for event, at_event in _ATTACHED.get(engine, {}).items():
        is_reset = metric in at_event.started and event != usage.STARTED
        is_updated = metric in at_event.updated and event != usage.ITERATION_COMPLETED
        if is_reset or is_updated:
            raise ValueError(
                f"This {type(metric).__name__} is reset and updated by the engine already, at other events than those "
                f"of '{usage.usage_name}'. Attach another instance."
            )


def _withdraw(asked: dict[Metric, list[Metric]], owner: Metric) -> None:
    for metric, owners in list(asked.items()):
        if owner in owners:
            owners.remove(owner)
        if not owners:
            del asked[metric]
