"""Accuracy: how often the prediction is the target."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.classification_metric import ClassificationMetric, ClassificationOptions
from .machinery.labels import Labels
from .machinery.states import without_wait
from .metric import identity


class Accuracy(ClassificationMetric):
    """Fraction of samples whose predicted class is the target class.

    Counts are summed over batches and processes and divided once, in `compute`, so a short last
    batch weighs what it should. A multilabel sample counts when all of its labels are right.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        result: float in `[0, 1]`, higher is better.

    Args:
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        output_transform, options: as in `ClassificationMetric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> accuracy = Accuracy()
        >>> accuracy.update((torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1])))
        >>> accuracy.compute()
        0.5
    """

    _num_correct: Tensor | float
    _num_examples: Tensor | int

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        is_multilabel: bool = False,
        **options: Unpack[ClassificationOptions],
    ) -> None:
        super().__init__(output_transform, is_multilabel, **options)
        self.add_state("_num_correct", 0, reduce="sum")
        self.add_state("_num_examples", self.none_seen, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Counts the labels of a batch."""
        self._num_correct = self._num_correct + without_wait(labels.correct.count_nonzero())
        self._num_examples += labels.num_kept

    def compute(self) -> float:
        """Correct samples by all samples."""
        if self._num_examples == 0:
            raise NotComputableError("Accuracy has seen no sample. Call `update` before `compute`.")
        return int(self._num_correct) / int(self._num_examples)
