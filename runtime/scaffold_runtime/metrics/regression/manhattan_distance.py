"""The Manhattan distance."""

from torch import Tensor

from ..machinery.regression.errors import SumOfErrors


class ManhattanDistance(SumOfErrors):
    r"""Sum of the absolute differences of predictions and targets.

    $$\sum_{i=1}^{N} \lvert y_i - \hat{y}_i \rvert$$

    See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞)`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = ManhattanDistance()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> metric.compute()
        4.0
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Absolute differences."""
        return (y - y_pred).abs()
