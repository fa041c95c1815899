"""The metrics of an engine: when each is reset, updated and computed, and how they do so together.

An engine's metrics are handled together, so that they share what they compute of a batch, enter
`no_grad` once, and synchronise in one go. At each event the engine calls one handler, in the place
where the first metric was attached: it resets, then updates, then computes, in order of attachment.

What several metrics compute alike from one batch is computed once. The cache is open exactly as long as one
batch's updates: whoever updates several metrics (an engine, a `MetricGroup`) opens and closes it, so that
nothing in it can outlive the batch, and no reused buffer is mistaken for the batch before.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Set
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from ...engine.engine import Engine
from ...engine.events import AnyEvent, CallableEventWithFilter, EventEnum, Events
from .outputs import identity
from .states import StateHolder
from .synchronisation import merged


class MetricUsage:
    """The events at which a metric starts, takes a batch, and gives its value.

    Args:
        started: the metric is reset.
        completed: the metric is computed and its value written to `engine.state.metrics`.
        iteration_completed: the metric is updated with the engine's output.

    Example:
        >>> usage = MetricUsage(Events.STARTED, Events.COMPLETED, Events.ITERATION_COMPLETED(every=2))
        >>> usage.COMPLETED.name
        'COMPLETED'
    """

    usage_name: ClassVar[str] = "custom"

    def __init__(
        self, started: EventEnum, completed: AnyEvent, iteration_completed: EventEnum | CallableEventWithFilter
    ) -> None:
        self.STARTED = started
        self.COMPLETED: AnyEvent = completed
        self.ITERATION_COMPLETED: AnyEvent = iteration_completed


class EpochWise(MetricUsage):
    """Over one epoch: the usual one."""

    usage_name = "epoch_wise"

    def __init__(self) -> None:
        super().__init__(Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.ITERATION_COMPLETED)


NAMED: dict[str, Callable[[], MetricUsage]] = {EpochWise.usage_name: EpochWise}
"""Usages by name; those of `usages` enter themselves."""


def as_usage(usage: str | MetricUsage | None) -> MetricUsage:
    """The usage itself, the usage of that name, or `EpochWise` where none is given.

    Raises:
        ValueError: there is no usage of that name.
        TypeError: it is neither a name nor a usage.
    """
    if usage is None:
        return EpochWise()
    if isinstance(usage, MetricUsage):
        return usage
    if not isinstance(usage, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # users are not type checkers
        raise TypeError(f"`usage` should be a `MetricUsage` or its name, got {type(usage).__name__}.")
    if usage not in NAMED:
        raise ValueError(f"There is no usage '{usage}'. Use one of {', '.join(sorted(NAMED))}.")
    return NAMED[usage]()


def is_plain(output: Any) -> bool:
    """Whether it is a batch, or a tuple of batches: most outputs are, and nothing has to be taken out of them."""
    if type(output) is not tuple:
        return isinstance(output, Tensor)
    return bool(output) and isinstance(output[0], Tensor)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # of unknown things


class BatchCache:
    """What metrics that are updated together have made of the batch that they are at.

    Attributes:
        is_open: whether a batch is being taken; results are kept only then.
        results: by key, for those who look for one; see `batch_results`.
        labels: what a metric has read last of the batch: for those who do not even want to look for a key.
    """

    __slots__ = ("is_open", "labels", "results")

    def __init__(self) -> None:
        self.is_open = False
        self.labels: Any = None
        self.results: dict[Any, Any] = {}

    def close(self) -> None:
        """Forgets the batch."""
        self.is_open = False
        self.labels = None
        self.results.clear()


class Attached(StateHolder):
    """A metric, as an engine's handlers know it.

    Attributes:
        batch_cache: where it finds what other metrics have made of the batch.
        output_transform: makes what `update` takes of the engine's output.
        takes_output: whether a pair that an engine puts out may go to `update` as it is.
    """

    batch_cache: BatchCache | None = None
    output_transform: Callable[[Any], Any]
    takes_output: ClassVar[bool]

    @abstractmethod
    def started(self, engine: Engine[Any, Any]) -> None:
        """Called at the usage's `STARTED`."""

    @abstractmethod
    def update(self, output: Any) -> None:
        """Takes one batch."""

    @abstractmethod
    def iteration_completed(self, engine: Engine[Any, Any]) -> None:
        """Called at the usage's `ITERATION_COMPLETED`."""

    @abstractmethod
    def completed(self, engine: Engine[Any, Any], name: str) -> None:
        """Called at the usage's `COMPLETED`."""


class EventMetrics:
    """The metrics that have something to do at one event of one engine.

    `started` and `updated` hold, for each metric, who asked for it: the metric itself, or those that
    are computed from it. It stays until nobody asks any more. `completed` holds metric, name, and
    whether the value is that of all processes.
    """

    def __init__(self) -> None:
        self.started: dict[Attached, list[Attached]] = {}
        self.updated: dict[Attached, list[Attached]] = {}
        self.completed: list[tuple[Attached, str, bool]] = []
        self.cache = BatchCache()
        self._no_grad = torch.no_grad()  # one for all batches: making it costs more than entering it

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
            with merged(metric for metric, _, merge in self.completed if merge):
                for metric, name, _ in self.completed:
                    metric.completed(engine, name)

    def _update(self, engine: Engine[Any, Any]) -> None:
        output, cache = engine.state.output, self.cache
        is_whole = is_plain(output)  # looked at once for all metrics
        cache.is_open = True
        try:
            for metric in self.updated:
                if is_whole and metric.takes_output and metric.output_transform is identity:
                    metric.update(output)
                else:
                    metric.iteration_completed(engine)
        finally:
            cache.close()


# Nothing in the values may refer to the engine, or it would never be freed.
ATTACHED: WeakKeyDictionary[Engine[Any, Any], dict[AnyEvent, EventMetrics]] = WeakKeyDictionary()


def metrics_at(engine: Engine[Any, Any], event: AnyEvent) -> EventMetrics:
    """What there is to do at `event`; the engine is told of it when it is asked for the first time."""
    events = ATTACHED.setdefault(engine, {})
    if event not in events:
        events[event] = EventMetrics()
        engine.add_event_handler(event, events[event])
    return events[event]


def feed(engine: Engine[Any, Any], metrics: Iterable[Attached], usage: MetricUsage, *, owner: Attached) -> None:
    """Lets `metrics` be reset and updated for as long as `owner` is attached.

    Raises:
        ValueError: one of them is, at other events of this engine; nothing has changed.
    """
    metrics = list(metrics)
    for metric in metrics:
        _check_usage(engine, metric, usage)
    at_update = metrics_at(engine, usage.ITERATION_COMPLETED)
    for metric in metrics:
        metric.batch_cache = at_update.cache
    for asked in (metrics_at(engine, usage.STARTED).started, at_update.updated):
        for metric in metrics:
            owners = asked.setdefault(metric, [])
            if owner not in owners:
                owners.append(owner)


def complete(engine: Engine[Any, Any], metric: Attached, event: AnyEvent, name: str, *, merge: bool = True) -> None:
    """Lets `metric` write its value to `engine.state.metrics[name]` at `event`, that of all processes or its own."""
    metrics_at(engine, event).completed.append((metric, name, merge))


def release(engine: Engine[Any, Any], owner: Attached, completed: Set[AnyEvent]) -> None:
    """Takes back the values of `owner` at these events; with the last of all, what it asked to be fed."""
    attached = ATTACHED.get(engine, {})
    for event in completed & attached.keys():
        attached[event].completed = [entry for entry in attached[event].completed if entry[0] is not owner]
    if not any(entry[0] is owner for at_event in attached.values() for entry in at_event.completed):
        for at_event in attached.values():
            _withdraw(at_event.started, owner)
            _withdraw(at_event.updated, owner)
    for event, at_event in list(attached.items()):
        if not (at_event.started or at_event.updated or at_event.completed):
            engine.remove_event_handler(at_event, event)
            del attached[event]


def is_completed(engine: Engine[Any, Any], metric: Attached, event: AnyEvent) -> bool:
    """Whether `metric` writes its value at `event`."""
    at_event = ATTACHED.get(engine, {}).get(event)
    return at_event is not None and any(entry[0] is metric for entry in at_event.completed)


def _check_usage(engine: Engine[Any, Any], metric: Attached, usage: MetricUsage) -> None:
    """One metric has one set of states: reset for one usage, they are lost to the other."""
    attached = ATTACHED.get(engine, {})
    for at_event in attached.values():
        is_reset = metric in at_event.started and at_event is not attached.get(usage.STARTED)
        is_updated = metric in at_event.updated and at_event is not attached.get(usage.ITERATION_COMPLETED)
        if is_reset or is_updated:
            raise ValueError(
                f"This {type(metric).__name__} is reset and updated by the engine already, at other events than those "
                f"of '{usage.usage_name}'. Attach another instance."
            )


def _withdraw(asked: dict[Attached, list[Attached]], owner: Attached) -> None:
    for metric, owners in list(asked.items()):
        if owner in owners:
            owners.remove(owner)
        if not owners:
            del asked[metric]
