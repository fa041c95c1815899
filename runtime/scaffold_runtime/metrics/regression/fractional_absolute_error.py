"""The fractional absolute error."""

from torch import Tensor

from ..machinery.regression.errors import MeanOfErrors
from ..machinery.regression.pairs import relative


class FractionalAbsoluteError(MeanOfErrors):
    r"""Mean absolute difference, each relative to the mean size of both numbers.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{2 \lvert y_i - \hat{y}_i \rvert}{\lvert y_i \rvert + \lvert \hat{y}_i \rvert}$$

    Two zeros have no error (NaN in Ignite). See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, 2]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = FractionalAbsoluteError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.3556

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by mean sizes."""
        return relative(2 * (y - y_pred).abs(), y.abs() + y_pred.abs())
