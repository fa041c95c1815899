"""The receiver operating characteristic."""

import torch
from torch import Tensor

from . import roc_auc as where_ignite_has_it
from .machinery.score_collection import ScoreCollection, operating_points


class RocCurve(ScoreCollection):
    """False and true positive rates at every distinct score.

    It starts at (0, 0) with the threshold infinity; all points are kept, also those on a straight line. See
    `ScoreCollection` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` float, scores of class 1.
        y: the shape of `y_pred`, 0 and 1.
        result: false positive rates, true positive rates and thresholds, `(K + 1,)` float64 each for K distinct scores;
            rates of a class that is absent are NaN.

    Raises:
        NotComputableError: `compute` before the first `update`.
        ValueError: a score is NaN.

    Example:
        >>> curve = RocCurve()
        >>> curve.update((torch.tensor([0.1, 0.4, 0.35, 0.8]), torch.tensor([0, 0, 1, 1])))
        >>> [part.tolist() for part in curve.compute()[:2]]
        [[0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0]]
    """

    def compute(self) -> tuple[Tensor, Tensor, Tensor]:
        """False positive rates, true positive rates, thresholds."""
        true_positives, false_positives, thresholds = (
            part.to(self.double_dtype) for part in operating_points(*self.collected())
        )
        infinity = torch.full_like(thresholds[:1], float("inf"))
        return _rates(false_positives), _rates(true_positives), torch.cat((infinity, thresholds))


def _rates(counts: Tensor) -> Tensor:
    return torch.cat((torch.zeros_like(counts[:1]), counts)) / counts[-1]


setattr(where_ignite_has_it, RocCurve.__name__, RocCurve)
