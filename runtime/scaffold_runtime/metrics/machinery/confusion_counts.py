"""Metrics that are computed from how often each class was taken for each."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor

from ...exceptions import NotComputableError
from ..confusion_matrix import confusions
from ..metric import MetricOptions, identity
from .batch_results import shared
from .classification_metric import ClassificationMetric
from .labels import Labels
from .states import on_device


class ConfusionCounts(ClassificationMetric):
    """Base of metrics of one confusion matrix, of binary data too; how many classes there are shows the first batch.

    Samples whose target is no class are left out.

    Args:
        ignore_index: as in `ClassificationMetric`.
        output_transform, options: as in `Metric`.
    """

    _counts: Tensor | None

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        *,
        ignore_index: int | None = None,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, False, ignore_index=ignore_index, **options)
        self.add_state("_counts", None, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Counts a batch."""
        self.add_counts(shared(self, confusions, labels))

    def add_counts(self, counts: Tensor) -> None:
        """Adds the confusion matrix of a batch."""
        # A copy, because other metrics may share the batch's.
        before = self._counts
        self._counts = on_device(counts, counts.device, copy=True) if before is None else before.add_(counts)

    def confusion_counts(self) -> Tensor:
        """Samples by true class (rows) and predicted class (columns), in double precision, on the host.

        Raises:
            NotComputableError: there are none.
        """
        if self._counts is None or not self._counts.any():
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return self._counts.cpu().double()
