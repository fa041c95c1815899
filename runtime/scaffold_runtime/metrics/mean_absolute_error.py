"""The mean absolute error."""

from torch import Tensor

from .machinery.mean_over_samples import MeanOverSamples


class MeanAbsoluteError(MeanOverSamples):
    r"""Mean absolute difference of predictions and targets.

    $$\frac{1}{N} \sum_{i=1}^{N} \lvert y_i - \hat{y}_i \rvert$$

    Sums go over all axes but the first, so that $N$ counts samples. See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N, ...)` float.
        y: the shape of `y_pred`; `(N,)` and `(N, 1)` mean the same.
        result: float in `[0, ∞)`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> error = MeanAbsoluteError()
        >>> error.update((torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])))
        >>> error.compute()
        1.0
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Absolute differences."""
        return (y_pred - y).abs()
