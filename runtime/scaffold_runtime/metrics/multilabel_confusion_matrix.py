"""A confusion matrix for each label."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.classification_metric import ClassificationMetric
from .machinery.labels import Labels
from .metric import identity


class MultiLabelConfusionMatrix(ClassificationMetric):
    r"""For each label the counts of samples, without it (row 0) and with it (row 1), and so predicted (columns).

    $$M_c = \begin{pmatrix} TN_c & FP_c \\ FN_c & TP_c \end{pmatrix}$$

    Shapes:
        y_pred: `(N, C, ...)`, 0 and 1 or probabilities.
        y: `(N, C, ...)`, 0 and 1.
        result: `(C, 2, 2)` int64; float64 where normalised.

    Args:
        num_classes: C.
        output_transform: as in `Metric`.
        device: as in `Metric`.
        normalized: each label's counts by their sum.
        skip_unrolling: as in `Metric`.
        check_values: look at the values of each batch, too; the host waits for the device then.
        ignore_index: as in `ClassificationMetric`.

    Raises:
        ValueError: an argument or a shape is not as said above.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> matrix = MultiLabelConfusionMatrix(num_classes=2)
        >>> matrix.update((torch.tensor([[1, 0], [1, 1]]), torch.tensor([[1, 0], [0, 1]])))
        >>> matrix.compute().tolist()
        [[[0, 1], [0, 1]], [[1, 0], [0, 1]]]
    """

    confusion_matrix: Tensor
    _num_examples: int | Tensor

    def __init__(
        self,
        num_classes: int,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        normalized: bool = False,
        skip_unrolling: bool = False,
        *,
        check_values: bool = False,
        ignore_index: int | None = None,
    ) -> None:
        if num_classes < 2:
            raise ValueError(f"`num_classes` should be at least 2, got {num_classes}.")
        self.num_classes = num_classes
        self.normalized = normalized
        super().__init__(
            output_transform,
            True,
            check_values=check_values,
            ignore_index=ignore_index,
            device=device,
            skip_unrolling=skip_unrolling,
        )
        self.add_state("confusion_matrix", torch.zeros(num_classes, 2, 2, dtype=torch.int64), reduce="sum")
        self.add_state("_num_examples", self.none_seen, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Counts a batch."""
        predicted, target = labels.predicted, labels.target
        right = (predicted & target).sum(0)
        alarms, misses = predicted.sum(0) - right, target.sum(0) - right
        seen = len(target) if labels.kept is None else labels.kept.sum(0)
        counts = torch.stack((seen - alarms - misses - right, alarms, misses, right), dim=1)
        self.confusion_matrix.add_(counts.view(-1, 2, 2))
        self._num_examples += labels.num_kept

    def begin(self, labels: Labels) -> None:
        """Sees that there are as many labels as was said."""
        if labels.num_classes != self.num_classes:
            raise ValueError(f"`y_pred` should be (N, {self.num_classes}, ...), got {labels.num_classes} labels.")

    def compute(self) -> Tensor:
        """The counts, or their shares."""
        if self._num_examples == 0:
            raise NotComputableError("MultiLabelConfusionMatrix has seen no sample. Call `update` before `compute`.")
        counts = self.confusion_matrix.cpu()
        return counts.double() / counts.sum((1, 2), keepdim=True) if self.normalized else counts
