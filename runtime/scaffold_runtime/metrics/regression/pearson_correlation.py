"""Pearson's correlation coefficient."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor

from ..machinery.regression.joint_moments import JointMoments
from ..metric import MetricOptions, identity


class PearsonCorrelation(JointMoments):
    r"""Linear correlation of predictions and targets.

    $$r = \frac{\sum_{i=1}^{N} (y_i - \bar{y})(\hat{y}_i - \bar{\hat{y}})}
    {N \max(\sigma_y \sigma_{\hat{y}}, \epsilon)}$$

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[-1, 1]`; 0 where one of both does not vary.

    Args:
        eps: the least product of standard deviations; smaller where the numbers spread over less than 1e-3.
        output_transform, options: as in `Metric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = PearsonCorrelation()
        >>> metric.update((torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.866

    References:
        Pearson, Note on Regression and Inheritance in the Case of Two Parents, 1895.
    """

    def __init__(
        self, eps: float = 1e-8, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]
    ) -> None:
        super().__init__(output_transform, **options)
        self.eps = eps

    def series(self, y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Predictions and targets."""
        return y_pred, y

    def compute(self) -> float:
        """The covariance by the standard deviations."""
        _, comoments = self.moments()
        spreads = comoments.diagonal().clamp(min=0).sqrt()
        # Rounding may lead a hair beyond the ends.
        return (comoments[0, 1] / spreads.prod().clamp(min=self.eps * self._num_examples)).clamp(-1, 1).item()
