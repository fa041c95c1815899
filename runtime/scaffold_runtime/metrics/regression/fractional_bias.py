"""The fractional bias."""

from torch import Tensor

from ..machinery.regression.errors import MeanOfErrors
from ..machinery.regression.pairs import relative


class FractionalBias(MeanOfErrors):
    r"""Mean difference of targets and predictions, each relative to the mean of both.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{2 (y_i - \hat{y}_i)}{y_i + \hat{y}_i}$$

    An exact prediction has no error, of 0 too; two different numbers that add up to 0 make the result infinite. See
    `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float, best at 0; in `[-2, 2]` where no number is negative.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = FractionalBias()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.0889

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by means."""
        return relative(2 * (y - y_pred), y + y_pred)
