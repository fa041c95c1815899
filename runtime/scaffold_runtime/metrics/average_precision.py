"""Average precision: the area under the curve of precision over recall, in steps."""

import torch
from torch import Tensor

from .machinery.class_scores import ClassScores
from .machinery.score_collection import operating_points


class AveragePrecision(ClassScores):
    r"""Precision, averaged over the recall that each distinct score adds.

    $$\text{AP} = \sum_k (R_k - R_{k-1}) P_k$$

    See `ClassScores` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` float, scores of class 1; or `(N, C)`, of each class or label.
        y: `(N,)` or `(N, 1)`, 0 and 1; of classes `(N,)` int; of labels `(N, C)`, 0 and 1.
        result: float in `[0, 1]`, higher is better; 0 where class 1 is absent; `(C,)` float64 with `average=None`.

    Raises:
        NotComputableError: `compute` before the first `update`.
        ValueError: a score is NaN.

    Example:
        >>> precision = AveragePrecision()
        >>> precision.update((torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0, 0, 1, 1])))
        >>> round(precision.compute(), 4)
        0.8333
    """

    @staticmethod
    def value(scores: Tensor, targets: Tensor) -> float:
        """The average."""
        true_positives, false_positives, _ = operating_points(scores, targets)
        dtype = torch.float32 if scores.device.type == "mps" else torch.float64
        precision = true_positives.to(dtype) / (true_positives + false_positives)
        gained = torch.cat((true_positives[:1], true_positives.diff()))
        return (precision * gained).sum().item() / max(true_positives[-1].item(), 1)
