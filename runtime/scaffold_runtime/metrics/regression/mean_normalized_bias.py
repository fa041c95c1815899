"""The mean normalised bias."""

from torch import Tensor

from ..machinery.regression.errors import MeanOfErrors
from ..machinery.regression.pairs import relative


class MeanNormalizedBias(MeanOfErrors):
    r"""Mean difference of targets and predictions, each relative to the target.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{y_i - \hat{y}_i}{y_i}$$

    An exact prediction has no error, of 0 too; any other of 0 makes the result infinite (Ignite raises an error).
    See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float, best at 0.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MeanNormalizedBias()
        >>> metric.update((torch.tensor([1.0, 2.0, 5.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.0833

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by targets."""
        return relative(y - y_pred, y)
