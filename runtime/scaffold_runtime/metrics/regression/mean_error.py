"""The mean error."""

from torch import Tensor

from ..machinery.regression.errors import MeanOfErrors


class MeanError(MeanOfErrors):
    r"""Mean difference of targets and predictions: by how much predictions are too low.

    $$\frac{1}{N} \sum_{i=1}^{N} (y_i - \hat{y}_i)$$

    See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float, best at 0.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MeanError()
        >>> metric.update((torch.tensor([1.0, 2.0, 5.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.3333

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences."""
        return y - y_pred
