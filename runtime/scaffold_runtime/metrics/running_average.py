"""The exponential moving average of a number or of another metric."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from numbers import Number
from typing import Any

import torch
from torch import Tensor

from ..engine.engine import Engine
from ..engine.events import Events
from .machinery import attachment
from .machinery.attachment import EpochWise, MetricUsage, as_usage
from .machinery.outputs import described
from .machinery.synchronisation import with_members
from .metric import Metric, identity
from .usages import BatchWise, RunningBatchWise, SingleEpochRunningBatchWise


class RunningAverage(Metric):
    r"""Exponential moving average, from batch to batch or from epoch to epoch.

    $$v_t = \alpha v_{t-1} + (1 - \alpha) x_t, \qquad v_1 = x_1$$

    Between the ends of epochs each process writes its own average, as a tensor on the device: showing a
    loss on a progress bar costs neither a collective nor a wait for the device. At `EPOCH_COMPLETED`
    and in `compute` it is the mean over the processes, which is the average of the processes' mean.

    Args:
        src: a metric whose value is averaged; reset, updated and computed as `usage` says. Its `compute`
            may read the device once an iteration; an `output_transform` does not.
        alpha: how much of the old value stays.
        output_transform: makes a number or a tensor of the engine's output; instead of `src`.
        epoch_bound: start anew at each epoch; the same as `usage="single_epoch_running_batch_wise"`.
        device: as in `Metric`; of `src` where there is one.
        skip_unrolling: as in `Metric`.

    Raises:
        TypeError: `src` is no metric; or what is averaged is neither a number nor a tensor.
        ValueError: `alpha` is not in (0, 1]; or none or both of `src` and `output_transform` are given.

    Example:
        >>> average = RunningAverage(alpha=0.5, output_transform=float)
        >>> for value in (4.0, 2.0, 1.0):
        ...     average.update(value)
        >>> average.compute()
        2.0
    """

    required_output_keys = None

    _value: Tensor | float | None

    def __init__(
        self,
        src: Metric | None = None,
        alpha: float = 0.98,
        output_transform: Callable[[Any], Any] | None = None,
        epoch_bound: bool | None = None,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
    ) -> None:
        if not isinstance(src, (Metric, type(None))):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`src` should be a metric or None, got {type(src).__name__}.")
        if not 0.0 < alpha <= 1.0:
            raise ValueError(f"`alpha` should be above 0 and at most 1, got {alpha}.")
        if (src is None) == (output_transform is None):
            raise ValueError("RunningAverage takes either a metric, `src`, or an `output_transform`.")
        if src is not None and device is not None:
            raise ValueError("`device` is that of the metric `src`; give it to that one.")
        self.src = src
        self.alpha = alpha
        self.epoch_bound = epoch_bound
        super().__init__(output_transform or identity, device=device, skip_unrolling=skip_unrolling)
        self.add_state("_value", None, reduce="mean")

    def members(self) -> Sequence[Metric]:
        """The metric that is averaged."""
        return [] if self.src is None else [self.src]

    def reset(self) -> None:
        """Forgets the average, and the batches of `src`."""
        super().reset()
        for member in self.members():
            member.reset()

    def update(self, output: Any) -> None:
        """Averages one more value; of `src`, what it has gathered since the last."""
        if self.src is None:
            self._average(output)
        else:
            self._average(self._source_value())
            self.src.reset()

    def compute(self) -> Tensor | float | None:
        """The mean of the processes' averages; None before the first `update`."""
        return self._value

    def iteration_completed(self, engine: Engine[Any, Any]) -> None:
        """Averages the engine's output, or the value of `src`, which the engine's events reset."""
        self._average(self._source_value() if self.src is not None else self.output_transform(engine.state.output))

    def completed(self, engine: Engine[Any, Any], name: str) -> None:
        """Writes the average without reading it."""
        engine.state.metrics[name] = self._value

    def attach(self, engine: Engine[Any, Any], name: str, usage: str | MetricUsage | None = None) -> None:
        """Averages in the runs of `engine`, into `engine.state.metrics[name]`.

        Args:
            engine: whose output is averaged.
            name: of the value.
            usage: "running_batch_wise" unless given; "single_epoch_running_batch_wise" starts anew at each
                epoch; "running_epoch_wise" averages from epoch to epoch.

        Raises:
            ValueError: it, or `src`, is attached to this engine with another usage.
        """
        usage = self._usage(usage)
        if self.src is not None:
            spans = BatchWise() if isinstance(usage, BatchWise) else EpochWise()
            attachment.feed(engine, [self.src], spans, owner=self)
        attachment.feed(engine, [self], usage, owner=self)
        for event in {usage.COMPLETED: None, Events.EPOCH_COMPLETED: None}:
            attachment.complete(engine, self, event, name, merge=event is Events.EPOCH_COMPLETED)

    def detach(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> None:
        """Undoes `attach`."""
        attachment.release(engine, self, {self._usage(usage).COMPLETED, Events.EPOCH_COMPLETED})

    def is_attached(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> bool:
        """Whether it averages in the runs of `engine`."""
        return super().is_attached(engine, self._usage(usage))

    def _usage(self, usage: str | MetricUsage | None) -> MetricUsage:
        if self.epoch_bound is not None:
            return SingleEpochRunningBatchWise() if self.epoch_bound else RunningBatchWise()
        return RunningBatchWise() if usage is None else as_usage(usage)

    def _source_value(self) -> Any:
        with _unmerged(self.members()):
            return None if self.src is None else self.src.compute()

    def _average(self, value: Tensor | float) -> None:
        _check(value)
        if isinstance(value, Tensor):
            (value,) = self.take(value)
            # Half precision would stop moving once the steps are small.
            value = value.to(torch.promote_types(value.dtype, torch.float32))
        old = self._value
        if isinstance(old, Tensor) and isinstance(value, Tensor):
            self._value = torch.lerp(old, value, 1.0 - self.alpha)
        elif old is not None:
            self._value = old * self.alpha + (1.0 - self.alpha) * value
        else:
            # A copy: whoever gave it may write to it.
            self._value = value.clone() if isinstance(value, Tensor) else value


@contextmanager
def _unmerged(metrics: Iterable[Metric]) -> Generator[None]:
    """While this holds, `compute` gives this process's own value and communicates with nobody."""
    leaves = [metric for metric in with_members(metrics) if not metric.is_merged]
    for metric in leaves:
        metric.is_merged = True
    try:
        yield
    finally:
        for metric in leaves:
            metric.is_merged = False


def _check(value: Any) -> None:
    if not isinstance(value, (Tensor, Number)):
        raise TypeError(
            f"RunningAverage averages a number or a tensor, got {described(value)}. "
            "Pick one in an `output_transform`, or of the metric's value, as in `metric['name']`."
        )
