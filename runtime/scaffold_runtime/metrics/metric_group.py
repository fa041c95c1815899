"""Several metrics handled as one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from .metric import Metric, MetricOptions, identity
from .metrics_lambda import CacheLoan, leaves_of


class MetricGroup(Metric):
    """Metrics that are reset, updated and computed together, and share what they compute of a batch.

    Args:
        metrics: by name.
        output_transform: applied before those of the metrics.

    Raises:
        TypeError: a value is no metric.

    Example:
        >>> import torch
        >>> from scaffold_runtime.metrics import Accuracy, Recall
        >>> group = MetricGroup({"accuracy": Accuracy(), "recall": Recall()})
        >>> group.update((torch.tensor([1, 0, 1, 1]), torch.tensor([1, 0, 0, 1])))
        >>> group.compute()
        {'accuracy': 0.75, 'recall': 1.0}
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        self.metrics = dict(metrics)
        for name, metric in self.metrics.items():
            if not isinstance(metric, Metric):  # pyright: ignore[reportUnnecessaryIsInstance]  # of users
                raise TypeError(f"`metrics` should hold metrics by name, got {type(metric).__name__} as {name!r}.")
        super().__init__(output_transform=output_transform, **options)

    def members(self) -> Sequence[Metric]:
        """The metrics of the group."""
        return list(self.metrics.values())

    def reset(self) -> None:
        """Resets each; those that were put into `metrics` since the last time take part from now on."""
        self._leaves = leaves_of(self.members())
        self._loan = CacheLoan(self._leaves)
        for metric in self.metrics.values():
            metric.reset()

    def update(self, output: Any) -> None:
        """Updates each, and what it is computed from, with what its own `output_transform` makes of `output`."""
        self._loan.begin(self.batch_cache)
        try:
            for metric in self._leaves:
                transform = metric.output_transform
                metric.update(output if transform is identity else transform(output))
        finally:
            self._loan.end()

    def compute(self) -> dict[str, Any]:
        """The values by name."""
        return {name: metric.compute() for name, metric in self.metrics.items()}
