"""The Hamming loss: the fraction of labels that are wrong."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.classification_metric import ClassificationMetric, ClassificationOptions
from .machinery.labels import Labels
from .metric import identity


class HammingLoss(ClassificationMetric):
    """Fraction of all labels of all samples that are wrong; where a sample has one label, one minus the accuracy.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        result: float in `[0, 1]`, lower is better.

    Args:
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        output_transform, options: as in `ClassificationMetric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> loss = HammingLoss(is_multilabel=True)
        >>> loss.update((torch.tensor([[1, 0], [1, 1]]), torch.tensor([[1, 0], [0, 1]])))
        >>> loss.compute()
        0.25
    """

    _num_wrong: Tensor
    _num_labels: int | Tensor

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        is_multilabel: bool = False,
        **options: Unpack[ClassificationOptions],
    ) -> None:
        super().__init__(output_transform, is_multilabel, **options)
        self.add_state("_num_wrong", torch.tensor(0), reduce="sum")
        self.add_state("_num_labels", self.none_seen, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Counts a batch."""
        wrong = labels.predicted != labels.target
        self._num_wrong.add_((wrong if labels.kept is None else wrong & labels.kept).count_nonzero())
        self._num_labels += wrong.numel() if labels.kept is None else labels.kept.count_nonzero()

    def compute(self) -> float:
        """Wrong labels by all labels."""
        if self._num_labels == 0:
            raise NotComputableError("HammingLoss has seen no sample. Call `update` before `compute`.")
        return self._num_wrong.item() / int(self._num_labels)
