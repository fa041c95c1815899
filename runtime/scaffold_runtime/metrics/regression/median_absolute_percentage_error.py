"""The median absolute percentage error."""

from torch import Tensor

from ..machinery.regression.median_of_errors import MedianOfErrors
from ..machinery.regression.pairs import relative


class MedianAbsolutePercentageError(MedianOfErrors):
    r"""Median absolute difference, each relative to the target's size, in per cent.

    $$100 \operatorname{median}_i \frac{\lvert y_i - \hat{y}_i \rvert}{\lvert y_i \rvert}$$

    An exact prediction has no error, of 0 too; any other of 0 has an infinite one. See `PairCollection` for the
    arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞]`, lower is better; NaN if a number is.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MedianAbsolutePercentageError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> metric.compute()
        50.0

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def errors(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by targets, in per cent."""
        return 100 * relative((y - y_pred).abs(), y.abs())
