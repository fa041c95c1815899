"""When an attached metric is reset, updated and computed: a triple of events, with a name."""

from __future__ import annotations

from typing import Any, ClassVar

from ...engine.events import AnyEvent, CallableEventWithFilter, EventEnum, Events


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
        self,
        started: EventEnum,
        completed: AnyEvent,
        iteration_completed: EventEnum | CallableEventWithFilter,
    ) -> None:
        self.STARTED = started
        self.COMPLETED: AnyEvent = completed
        self.ITERATION_COMPLETED: AnyEvent = iteration_completed


class EpochWise(MetricUsage):
    """Over one epoch: the usual one."""

    usage_name = "epoch_wise"

    def __init__(self) -> None:
        super().__init__(Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.ITERATION_COMPLETED)


class RunningEpochWise(EpochWise):
    """Over all epochs so far, one update for each."""

    usage_name = "running_epoch_wise"

    def __init__(self) -> None:
        MetricUsage.__init__(self, Events.STARTED, Events.EPOCH_COMPLETED, Events.EPOCH_COMPLETED)


class BatchWise(MetricUsage):
    """Over one batch, forgotten at the next."""

    usage_name = "batch_wise"

    def __init__(self) -> None:
        super().__init__(Events.ITERATION_STARTED, Events.ITERATION_COMPLETED, Events.ITERATION_COMPLETED)


class RunningBatchWise(BatchWise):
    """Over all batches of the run so far, known after each."""

    usage_name = "running_batch_wise"

    def __init__(self) -> None:
        MetricUsage.__init__(self, Events.STARTED, Events.ITERATION_COMPLETED, Events.ITERATION_COMPLETED)


class SingleEpochRunningBatchWise(BatchWise):
    """Over the batches of this epoch so far, known after each."""

    usage_name = "single_epoch_running_batch_wise"

    def __init__(self) -> None:
        MetricUsage.__init__(self, Events.EPOCH_STARTED, Events.ITERATION_COMPLETED, Events.ITERATION_COMPLETED)


class BatchFiltered(MetricUsage):
    """Over some batches of one epoch: `BatchFiltered(every=3)`.

    Args:
        args: positional arguments of `Events.ITERATION_COMPLETED(...)`.
        kwargs: its keyword arguments: `event_filter`, `every`, `once`, `before`, `after`.
    """

    usage_name = "batch_filtered"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.ITERATION_COMPLETED(*args, **kwargs))


_NAMED = (EpochWise, RunningEpochWise, BatchWise, RunningBatchWise, SingleEpochRunningBatchWise)


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
    names = {known.usage_name: known for known in _NAMED}
    if not isinstance(usage, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # users are not type checkers
        raise TypeError(f"`usage` should be a `MetricUsage` or its name, got {type(usage).__name__}.")
    if usage not in names:
        raise ValueError(f"There is no usage '{usage}'. Use one of {', '.join(sorted(names))}.")
    return names[usage]()
