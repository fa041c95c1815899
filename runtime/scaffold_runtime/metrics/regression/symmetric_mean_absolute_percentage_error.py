"""The symmetric mean absolute percentage error."""

from .fractional_absolute_error import FractionalAbsoluteError


class SymmetricMeanAbsolutePercentageError(FractionalAbsoluteError):
    r"""Mean absolute difference, each relative to the mean size of both numbers, in per cent.

    $$\frac{100}{N} \sum_{i=1}^{N} \frac{2 \lvert y_i - \hat{y}_i \rvert}{\lvert y_i \rvert + \lvert \hat{y}_i \rvert}$$

    `FractionalAbsoluteError` is the same as a fraction. Two zeros have no error. See `MeanOverSamples` for the
    arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, 200]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = SymmetricMeanAbsolutePercentageError()
        >>> metric.update((torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 2)
        35.56

    References:
        Makridakis, Accuracy Measures: Theoretical and Practical Concerns, 1993.
    """

    def compute(self) -> float:
        """The mean, in per cent."""
        return 100 * super().compute()
