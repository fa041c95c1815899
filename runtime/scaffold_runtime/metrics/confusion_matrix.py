"""The confusion matrix: how often each class was taken for each."""

from collections.abc import Callable
from typing import Any, Literal, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.batch_results import shared
from .machinery.class_rates import ratio
from .machinery.classification_metric import ClassificationMetric
from .machinery.labels import Labels
from .metric import MetricOptions, identity


class ConfusionMatrix(ClassificationMetric):
    """Counts of samples by true class (rows) and predicted class (columns).

    Samples whose target is no class, such as the 255 or -1 of unlabelled pixels, are left out.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1.
        y: `(N, ...)` int.
        result: `(C, C)` int64; float64 where `average` is given.

    Args:
        num_classes: C.
        average: None: counts. "samples": divided by the number of samples. "recall": each row by its sum, so that
            the diagonal is the classes' recall. "precision": each column by its sum.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: an argument or a shape is not as said above.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> matrix = ConfusionMatrix(num_classes=2)
        >>> matrix.update((torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]), torch.tensor([0, 0, 1])))
        >>> matrix.compute().tolist()
        [[1, 1], [0, 1]]
    """

    confusion_matrix: Tensor
    _num_examples: int

    def __init__(
        self,
        num_classes: int,
        average: Literal["samples", "recall", "precision"] | None = None,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if average not in (None, "samples", "recall", "precision"):
            raise ValueError(f"`average` should be None, 'samples', 'recall' or 'precision', got {average!r}.")
        if num_classes < 2:
            raise ValueError(f"`num_classes` should be at least 2, got {num_classes}.")
        self.num_classes = num_classes
        self.average = average
        super().__init__(output_transform, **options)
        self.add_state("confusion_matrix", torch.zeros(num_classes, num_classes, dtype=torch.int64), reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Counts a batch."""
        self.confusion_matrix.add_(shared(self, confusions, labels))
        self._num_examples += labels.y.shape[0]

    def begin(self, labels: Labels) -> None:
        """Sees that there are as many classes as was said."""
        if labels.kind != "multiclass" or labels.num_classes != self.num_classes:
            raise ValueError(
                f"`y_pred` should be (N, {self.num_classes}, ...), got {labels.kind} data of {labels.num_classes} "
                "classes. One-hot encode binary predictions in an `output_transform`."
            )

    def compute(self) -> Tensor:
        """The counts, averaged as chosen."""
        if self._num_examples == 0:
            raise NotComputableError("ConfusionMatrix has seen no sample. Call `update` before `compute`.")
        counts = self.confusion_matrix.cpu()
        if self.average == "samples":
            return counts.double() / self._num_examples
        return counts if self.average is None else self.normalize(counts, self.average)

    @staticmethod
    def normalize(matrix: Tensor, average: str) -> Tensor:
        """A matrix of counts by those of its rows ("recall") or its columns ("precision").

        Raises:
            ValueError: `average` is neither.
        """
        if average not in ("recall", "precision"):
            raise ValueError(f"`average` should be 'recall' or 'precision', got {average!r}.")
        return ratio(matrix, matrix.sum(1 if average == "recall" else 0, keepdim=average == "recall"))


def confusions(labels: Labels) -> Tensor:
    """The confusion matrix of one batch, of those samples whose target is a class and not ignored."""
    return count_pairs(labels.predicted, labels.target, labels.num_classes, labels.kept)


def count_pairs(predicted: Tensor, target: Tensor, num_classes: int, kept: Tensor | None = None) -> Tensor:
    """How often each class was taken for each, `(C, C)`; targets that are no class are left out."""
    # A weight of 0 in place of a mask: a mask's result has a shape that only the device knows.
    counted = (target >= 0) & (target < num_classes)
    weights = (counted if kept is None else counted & kept).long()
    cells = torch.add(predicted, target.clamp(0, num_classes - 1), alpha=num_classes)
    counts = torch.zeros(num_classes * num_classes, dtype=torch.int64, device=target.device)
    return counts.index_add_(0, cells, weights).view(num_classes, num_classes)
