"""The mean absolute relative error."""

from torch import Tensor

from ..machinery.regression.errors import MeanOfErrors
from ..machinery.regression.pairs import relative


class MeanAbsoluteRelativeError(MeanOfErrors):
    r"""Mean absolute difference, each relative to the target's size.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{\lvert y_i - \hat{y}_i \rvert}{\lvert y_i \rvert}$$

    An exact prediction has no error, of 0 too; any other of 0 makes the result infinite (Ignite raises an error).
    See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MeanAbsoluteRelativeError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.3333

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by targets."""
        return relative((y - y_pred).abs(), y.abs())
