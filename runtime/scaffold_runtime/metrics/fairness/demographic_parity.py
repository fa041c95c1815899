"""How often a model chooses each class, and how much more often for one group than for another."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..machinery.classification_metric import ClassificationMetric
from ..machinery.fairness.group_rates import GroupRates
from ..machinery.labels import Labels
from ..metric import MetricOptions, identity


class SelectionRate(ClassificationMetric):
    """Fraction of samples for which each class is predicted.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)`; with `is_multilabel`, the shape of `y_pred`. Its values are not looked at.
        result: `(C,)` float64 in `[0, 1]`; of binary data `(2,)`, the second of which is the rate of a yes.

    Args:
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes do not go together.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> rate = SelectionRate()
        >>> rate.update((torch.tensor([1, 0, 0, 0]), torch.tensor([1, 1, 0, 0])))
        >>> rate.compute()
        tensor([0.7500, 0.2500], dtype=torch.float64)
    """

    _num_positives: Tensor | None
    _num_examples: int

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        is_multilabel: bool = False,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, is_multilabel, **options)
        self.add_state("_num_positives", None, reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Counts the predictions of a batch."""
        assert self._num_positives is not None
        if labels.kind == "multilabel":
            self._num_positives.add_(labels.predicted.sum(0))
        else:
            self._num_positives.index_add_(0, labels.predicted, labels.ones)
        self._num_examples += len(labels.target)

    def begin(self, labels: Labels) -> None:
        """Makes room for the classes, unless loaded states have it."""
        if self._num_positives is None:
            with torch.inference_mode(False):  # what is made within it could not be written to outside of it
                self._num_positives = torch.zeros(labels.num_classes, dtype=torch.int64, device=self.device)

    def compute(self) -> Tensor:
        """Predictions of each class by all samples."""
        if self._num_examples == 0 or self._num_positives is None:
            raise NotComputableError("SelectionRate has seen no sample. Call `update` before `compute`.")
        return self._num_positives.to(self.double_dtype) / self._num_examples


class DemographicParityDifference(GroupRates):
    """Largest difference between two groups in how often a class is predicted; 0 is what is called demographic parity.

    Counted on the device: `update` does not read the labels. Groups without a sample are left out.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)`; with `is_multilabel`, the shape of `y_pred`. Its values are not looked at.
        group_labels: `(N,)` int; samples of other groups than `groups` are left out.
        result: float in `[0, 1]`, lower is fairer.

    Args:
        groups: the labels of the groups, each once.
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        output_transform: as in `Metric`; gives `(y_pred, y, group_labels)`.
        device: as in `Metric`.

    Raises:
        ValueError: a group is named twice, or the shapes do not go together.
        NotComputableError: `compute` before there was a sample of each of two groups.

    Example:
        >>> metric = DemographicParityDifference(groups=[0, 1])
        >>> metric.update((torch.tensor([1, 1, 0, 1]), torch.tensor([1, 0, 0, 1]), torch.tensor([0, 0, 1, 1])))
        >>> metric.compute()
        0.5

    References:
        Verma and Rubin, Fairness definitions explained, 2018.
    """

    def counts(self, labels: Labels, rows: Tensor, num_rows: int) -> Tensor:
        """Predictions of each class."""
        return _predictions(labels, rows, num_rows)


def _predictions(labels: Labels, rows: Tensor, num_rows: int) -> Tensor:
    """How often each class is predicted in each row: `(num_rows, C)`."""
    num_classes = labels.num_classes
    counts = torch.zeros(num_rows, num_classes, dtype=torch.int64, device=rows.device)
    if labels.kind == "multilabel":
        return counts.index_add_(0, rows, labels.predicted.long())
    counts.view(-1).index_add_(0, rows * num_classes + labels.predicted, labels.ones)
    return counts
