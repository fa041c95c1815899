"""The correlation coefficient of Matthews."""

from math import sqrt
from typing import cast

from .machinery.agreement import Agreement


class MatthewsCorrCoef(Agreement):
    r"""Correlation of predicted and true classes, which large classes do not dominate; of any number of classes.

    With $c$ of $s$ samples right, $p_k$ predicted to be of class $k$, and $t_k$ of that class:

    $$\text{MCC} = \frac{c s - \sum_k p_k t_k}{\sqrt{s^2 - \sum_k p_k^2} \sqrt{s^2 - \sum_k t_k^2}}$$

    See `Agreement` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` int, classes; `(N,)` float, probabilities of class 1; or `(N, C, ...)` scores.
        y: `(N,)` or `(N, ...)` int, classes; or `(N, C)` one-hot, or float scores.
        result: float in `[-1, 1]`, higher is better; 0 by chance, and where all are of one class or predicted to be.

    Raises:
        ValueError: the shapes do not go together; or, in `compute`, a target is not one-hot.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> coefficient = MatthewsCorrCoef()
        >>> coefficient.update((torch.tensor([1, 1, 1, -1]), torch.tensor([1, -1, 1, 1])))
        >>> round(coefficient.compute(), 4)
        -0.3333

    References:
        Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, 2004.
    """

    def compute(self) -> float:
        """The coefficient."""
        counts = self.classes_and_counts()[1].long()
        right, samples = int(counts.trace()), int(counts.sum())
        predicted, true = (cast(list[int], counts.sum(axis).tolist()) for axis in (0, 1))
        # In integers of any length: squares of the number of samples are too large for others to subtract exactly.
        covariance = right * samples - _dot(predicted, true)
        variances = (samples**2 - _dot(predicted, predicted)) * (samples**2 - _dot(true, true))
        return covariance / sqrt(variances) if variances else 0.0


def _dot(left: list[int], right: list[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))
