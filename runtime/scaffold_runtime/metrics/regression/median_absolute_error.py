"""The median absolute error."""

from torch import Tensor

from ..machinery.regression.median_of_errors import MedianOfErrors


class MedianAbsoluteError(MedianOfErrors):
    r"""Median absolute difference of predictions and targets.

    $$\operatorname{median}_i \lvert y_i - \hat{y}_i \rvert$$

    See `PairCollection` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞)`, lower is better; NaN if a number is.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MedianAbsoluteError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> metric.compute()
        2.0

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def errors(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Absolute differences."""
        return (y - y_pred).abs()
