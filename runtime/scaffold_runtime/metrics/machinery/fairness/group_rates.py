"""What differences of rates between groups have in common: they count by group, on the device.

`SubgroupDifference` does the same for any metric, but has to know which samples are whose. Counts need not: every
sample counts, in the place of its group, and those of no group in a place of their own.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any, Unpack

import torch
from torch import Tensor

from ....exceptions import NotComputableError
from ...fairness.base import checked_groups
from ...metric import MetricOptions, identity
from ..classification_metric import ClassificationMetric
from ..labels import Labels
from ..tensor_parts import tensors


class GroupRates(ClassificationMetric):
    """Base of differences: a subclass says what of a sample is counted.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        group_labels: `(N,)` int.
        result: float in `[0, 1]`, lower is fairer.

    Args:
        groups: the labels of the groups, each once.
        is_multilabel: as in `Labels`.
        output_transform: as in `Metric`; gives `(y_pred, y, group_labels)`.
    """

    required_output_keys = ("y_pred", "y", "group_labels")

    _counts: Tensor | None
    _num_examples: Tensor

    def __init__(
        self,
        groups: Sequence[int],
        is_multilabel: bool = False,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        self.groups = checked_groups(groups)
        if not all(isinstance(group, Number) for group in self.groups):
            raise TypeError(
                f"`groups` should be numbers, as those of a tensor `group_labels` are, got {self.groups}. "
                "`SubgroupDifference` takes text, too."
            )
        super().__init__(output_transform, is_multilabel, **options)
        # One row more, of samples in none of the groups. How many columns there are is known from the first batch.
        self.add_state("_counts", None, reduce="sum")
        self.add_state("_num_examples", torch.zeros(len(groups) + 1, dtype=torch.int64), reduce="sum")

    @abstractmethod
    def counts(self, labels: Labels, rows: Tensor, num_rows: int) -> Tensor:
        """What is counted in each row: `(num_rows, ...)` int64.

        Args:
            labels: the samples.
            rows: for each of them its row.
            num_rows: how many there are.
        """

    def update(self, output: Sequence[Tensor]) -> None:
        """Counts a batch `(y_pred, y, group_labels)`.

        Raises:
            ValueError: there is not one label for each sample.
        """
        y_pred, y, group_labels = tensors(output, "y_pred", "y", "group_labels")
        if group_labels.shape != y.shape[:1]:
            raise ValueError(
                f"`group_labels` should be (N,), a label for each sample of `y`, got {tuple(group_labels.shape)} and "
                f"{tuple(y.shape)}."
            )
        labels = self.read((y_pred, y))
        rows = self._rows(group_labels.to(self.device), len(labels.target))
        counts = self.counts(labels, rows, len(self.groups) + 1)
        self._counts = counts if self._counts is None else self._counts + counts
        self._num_examples.index_add_(0, rows, torch.ones_like(rows))

    def compute(self) -> float:
        """The largest difference between two groups of which there was a sample."""
        num_examples = self._num_examples[:-1]
        seen = num_examples > 0
        if self._counts is None or seen.sum() < 2:
            raise NotComputableError(
                f"{type(self).__name__} compares two groups, and there are samples of {int(seen.sum())}."
            )
        rates = self._counts[:-1][seen].to(self.double_dtype) / num_examples[seen].unsqueeze(1)
        return (rates.amax(0) - rates.amin(0)).max().item()

    def _rows(self, group_labels: Tensor, num_samples: int) -> Tensor:
        rows = torch.full_like(group_labels, len(self.groups), dtype=torch.int64)
        for row, group in enumerate(self.groups):
            rows = rows.masked_fill(group_labels == group, row)
        # A sample with further axes is many samples, all of its group.
        return rows.repeat_interleave(num_samples // len(rows)) if len(rows) else rows
