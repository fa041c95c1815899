"""The median relative absolute error."""

from torch import Tensor

from ..machinery.regression.median_of_errors import MedianOfErrors
from ..machinery.regression.number_collection import deviations
from ..machinery.regression.pairs import relative


class MedianRelativeAbsoluteError(MedianOfErrors):
    r"""Median absolute difference, each relative to the target's distance from the mean of all targets.

    $$\operatorname{median}_i \frac{\lvert y_i - \hat{y}_i \rvert}{\lvert y_i - \bar{y} \rvert}$$

    An exact prediction has no error; any other of a target that is the mean has an infinite one. See
    `PairCollection` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞]`, lower is better; NaN if a number is.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MedianRelativeAbsoluteError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> metric.compute()
        2.0

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def errors(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Differences by distances from the mean."""
        return relative((y - y_pred).abs(), deviations(y))
