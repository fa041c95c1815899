"""The Wave Hedges distance."""

import torch
from torch import Tensor

from ..machinery.regression.errors import SumOfErrors
from ..machinery.regression.pairs import relative


class WaveHedgesDistance(SumOfErrors):
    r"""Sum of the absolute differences, each relative to the larger of both numbers.

    $$\sum_{i=1}^{N} \frac{\lvert y_i - \hat{y}_i \rvert}{\max(y_i, \hat{y}_i)}$$

    Two zeros are at no distance. Of negative numbers, the terms are negative. See `MeanOverSamples` for the
    arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float, lower is better where all numbers are positive.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = WaveHedgesDistance()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.8333

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by the larger numbers."""
        return relative((y - y_pred).abs(), torch.maximum(y, y_pred))
