"""The geometric mean absolute error."""

import math

from torch import Tensor

from ..machinery.regression.errors import MeanOfErrors


class GeometricMeanAbsoluteError(MeanOfErrors):
    r"""Geometric mean of the absolute differences of predictions and targets.

    $$\left(\prod_{i=1}^{N} \lvert y_i - \hat{y}_i \rvert\right)^{1/N}$$

    One exact prediction makes it 0. See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞)`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = GeometricMeanAbsoluteError()
        >>> metric.update((torch.tensor([1.0, 2.0]), torch.tensor([2.0, 6.0])))
        >>> round(metric.compute(), 4)
        2.0

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Logarithms of absolute differences."""
        return (y - y_pred).abs().log()

    def compute(self) -> float:
        """The exponential of the mean logarithm."""
        return math.exp(super().compute())
