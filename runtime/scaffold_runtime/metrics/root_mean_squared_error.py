"""The root of the mean squared error."""

import math

from .mean_squared_error import MeanSquaredError


class RootMeanSquaredError(MeanSquaredError):
    r"""Root of the mean squared difference of predictions and targets.

    $$\sqrt{\frac{1}{N} \sum_{i=1}^{N} (y_i - \hat{y}_i)^2}$$

    Sums go over all axes but the first, so that $N$ counts samples. See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N, ...)` float.
        y: the shape of `y_pred`; `(N,)` and `(N, 1)` mean the same.
        result: float in `[0, ∞)`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> error = RootMeanSquaredError()
        >>> error.update((torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])))
        >>> round(error.compute(), 4)
        1.4142
    """

    def compute(self) -> float:
        """The root of the mean."""
        return math.sqrt(super().compute())
