"""The mean absolute percentage error."""

from .mean_absolute_relative_error import MeanAbsoluteRelativeError


class MeanAbsolutePercentageError(MeanAbsoluteRelativeError):
    r"""Mean absolute difference, each relative to the target's size, in per cent.

    $$\frac{100}{N} \sum_{i=1}^{N} \frac{\lvert y_i - \hat{y}_i \rvert}{\lvert y_i \rvert}$$

    `MeanAbsoluteRelativeError` is the same as a fraction. An exact prediction has no error, of 0 too; any other of
    0 makes the result infinite. See `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = MeanAbsolutePercentageError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        33.3333

    References:
        Hyndman and Koehler, Another Look at Measures of Forecast Accuracy, 2006.
    """

    def compute(self) -> float:
        """The mean, in per cent."""
        return 100 * super().compute()
