"""The geometric mean relative absolute error."""

from ..machinery.regression.number_collection import NumberCollection, deviations
from ..machinery.regression.pairs import relative


class GeometricMeanRelativeAbsoluteError(NumberCollection):
    r"""Geometric mean of the absolute differences, each relative to the target's distance from the mean of all targets.

    $$\left(\prod_{i=1}^{N} \frac{\lvert y_i - \hat{y}_i \rvert}{\lvert y_i - \bar{y} \rvert}\right)^{1/N}$$

    One exact prediction makes it 0; any other of a target that is the mean, infinite; both together, NaN. See
    `PairCollection` for the arguments.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞]`, lower is better; below 1 is better than to predict the mean.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = GeometricMeanRelativeAbsoluteError()
        >>> metric.update((torch.tensor([1.5, 4.0, 6.0]), torch.tensor([1.0, 3.0, 8.0])))
        >>> round(metric.compute(), 4)
        0.4368

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    def compute(self) -> float:
        """The exponential of the mean logarithm."""
        y_pred, y = self.collected()
        return relative((y - y_pred).abs(), deviations(y)).log().mean().exp().item()
