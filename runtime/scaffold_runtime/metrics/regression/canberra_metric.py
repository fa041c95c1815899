"""The Canberra distance."""

from torch import Tensor

from ..machinery.regression.errors import SumOfErrors
from ..machinery.regression.pairs import relative


class CanberraMetric(SumOfErrors):
    r"""Sum of the absolute differences, each relative to the sizes of both numbers.

    $$\sum_{i=1}^{N} \frac{\lvert y_i - \hat{y}_i \rvert}{\lvert y_i \rvert + \lvert \hat{y}_i \rvert}$$

    Two zeros are at no distance. See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, N]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = CanberraMetric()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.5333

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by sizes."""
        return relative((y - y_pred).abs(), y.abs() + y_pred.abs())
