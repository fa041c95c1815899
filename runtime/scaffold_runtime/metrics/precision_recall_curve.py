"""Precision and recall at every threshold."""

import torch
from torch import Tensor

from .machinery.score_collection import ScoreCollection, operating_points


class PrecisionRecallCurve(ScoreCollection):
    """Precision and recall at every distinct score, from the lowest.

    It ends at precision 1 and recall 0, which have no threshold. See `ScoreCollection` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` float, scores of class 1.
        y: the shape of `y_pred`, 0 and 1.
        result: precisions and recalls, `(K + 1,)`, and thresholds, `(K,)`, float64 for K distinct scores; where class 1
            is absent, recall is 1 at every threshold.

    Raises:
        NotComputableError: `compute` before the first `update`.
        ValueError: a score is NaN.

    Example:
        >>> curve = PrecisionRecallCurve()
        >>> curve.update((torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0, 0, 1, 1])))
        >>> curve.compute()[1].tolist()
        [1.0, 1.0, 0.5, 0.5, 0.0]
    """

    def compute(self) -> tuple[Tensor, Tensor, Tensor]:
        """Precisions, recalls, thresholds."""
        true_positives, false_positives, thresholds = (
            part.to(self.double_dtype).flip(0) for part in operating_points(*self.collected())
        )
        precision = true_positives / (true_positives + false_positives)
        hits = true_positives[0]
        recall = true_positives / hits if hits else torch.ones_like(true_positives)
        one, zero = torch.ones_like(precision[:1]), torch.zeros_like(recall[:1])
        return torch.cat((precision, one)), torch.cat((recall, zero)), thresholds
