"""Spearman's rank correlation coefficient."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor

from ..machinery.regression.levels import levels
from ..machinery.regression.number_collection import NumberCollection
from ..machinery.unchecked import warn_unchecked
from ..metric import MetricOptions, identity


class SpearmanRankCorrelation(NumberCollection):
    r"""Linear correlation of the ranks of predictions and targets.

    $$\rho = \frac{\operatorname{Cov}(R(y), R(\hat{y}))}{\sigma_{R(y)} \sigma_{R(\hat{y})}}$$

    Equal numbers share the mean of their ranks.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[-1, 1]`; NaN where one of both does not vary, or a number is NaN.

    Args:
        output_transform, options: as in `Metric`.
        check_compute_fn: there is nothing to be checked.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> metric = SpearmanRankCorrelation()
        >>> metric.update((torch.tensor([1.0, 2.0, 9.0]), torch.tensor([3.0, 4.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.866

    References:
        Spearman, The Proof and Measurement of Association between Two Things, 1904.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        **options: Unpack[MetricOptions],
    ) -> None:
        warn_unchecked(check_compute_fn)
        super().__init__(output_transform, **options)

    def compute(self) -> float:
        """The correlation of the ranks."""
        y_pred, y = self.collected()
        if y_pred.isnan().any() or y.isnan().any():
            return float("nan")
        left, right = centred_ranks(y_pred), centred_ranks(y)
        correlation = (left @ right) / (left.square().sum() * right.square().sum()).sqrt()
        # Rounding may lead a hair beyond the ends.
        return correlation.clamp(-1, 1).item()


def centred_ranks(values: Tensor) -> Tensor:
    """The ranks of `(N,)` numbers about their mean; equal numbers share the mean of theirs."""
    places, counts = levels(values)
    # Of equal numbers, the ranks' mean is that of the first and the last; doubled, it stays whole.
    doubled = 2 * counts.cumsum(0) - counts - values.shape[0]
    return doubled[places].to(values.dtype) / 2
