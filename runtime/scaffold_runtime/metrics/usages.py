"""Spans over which an attached metric is computed, other than one epoch."""

from typing import Any

from ..engine.events import Events
from . import metric
from .machinery.attachment import NAMED, EpochWise, MetricUsage


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


_BY_NAME = (RunningEpochWise, BatchWise, RunningBatchWise, SingleEpochRunningBatchWise)

NAMED.update({usage.usage_name: usage for usage in _BY_NAME})
# Whoever has them finds them where Ignite has them.
for usage in (*_BY_NAME, BatchFiltered):
    setattr(metric, usage.__name__, usage)
