"""Accuracy: how often the prediction is the target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.classification_metric import ClassificationMetric
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
        output_transform: as in `Metric`.
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.
        check_values: look at the values of each batch, too; the host waits for the device then.
        ignore_index: what `y` holds where nothing is known; such samples, or such labels of a multilabel sample, are
            left out.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> accuracy = Accuracy()
        >>> accuracy.update((torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1])))
        >>> accuracy.compute()
        0.5
    """

    _num_correct: Tensor
    _num_examples: int | Tensor

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        is_multilabel: bool = False,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
        *,
        check_values: bool = False,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(
            output_transform,
            is_multilabel,
            device,
            skip_unrolling,
            check_values=check_values,
            ignore_index=ignore_index,
        )
        self.add_state("_num_correct", torch.tensor(0), reduce="sum")
        self.add_state("_num_examples", self.none_seen, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Counts a batch `(y_pred, y)`."""
        labels = self.read(output)
        self._num_correct.add_(labels.correct.count_nonzero())
        self._num_examples += labels.num_kept

    def compute(self) -> float:
        """Correct samples by all samples."""
        if self._num_examples == 0:
            raise NotComputableError("Accuracy has seen no sample. Call `update` before `compute`.")
        return self._num_correct.item() / int(self._num_examples)
