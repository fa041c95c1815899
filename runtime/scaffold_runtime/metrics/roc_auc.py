"""The area under the receiver operating characteristic."""

import torch
from torch import Tensor

from .machinery.class_scores import ClassScores
from .machinery.score_collection import operating_points


class ROC_AUC(ClassScores):
    """Probability that a sample of class 1 scores higher than one of class 0; a tie counts half.

    The area is summed by the trapezoidal rule over the distinct scores, from exact counts. See `ClassScores` for the
    arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` float, scores of class 1; or `(N, C)`, of each class or label.
        y: `(N,)` or `(N, 1)`, 0 and 1; of classes `(N,)` int; of labels `(N, C)`, 0 and 1.
        result: float in `[0, 1]`, higher is better; NaN where a class is absent; `(C,)` float64 with `average=None`.

    Raises:
        NotComputableError: `compute` before the first `update`.
        ValueError: a score is NaN.

    Example:
        >>> area = ROC_AUC()
        >>> area.update((torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0, 0, 1, 1])))
        >>> area.compute()
        0.75
    """

    @staticmethod
    def value(scores: Tensor, targets: Tensor) -> float:
        """The area."""
        true_positives, false_positives, _ = operating_points(scores, targets)
        hits, alarms = (torch.cat((part.new_zeros(1), part)) for part in (true_positives, false_positives))
        # Twice the area in units of pairs: an integer, so nothing is rounded before the division.
        doubled = (alarms.diff() * (hits[1:] + hits[:-1])).sum().item()
        pairs = hits[-1].item() * alarms[-1].item()
        return doubled / 2 / pairs if pairs else float("nan")
