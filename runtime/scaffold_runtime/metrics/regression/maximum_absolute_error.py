"""The maximum absolute error."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..machinery.regression.pairs import number_pairs
from ..metric import Metric, MetricOptions, identity


class MaximumAbsoluteError(Metric):
    r"""Largest absolute difference of a prediction and its target.

    $$\max_i \lvert y_i - \hat{y}_i \rvert$$

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[0, ∞)`, lower is better; NaN if a number is.

    Args:
        output_transform, options: as in `Metric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> metric = MaximumAbsoluteError()
        >>> metric.update((torch.tensor([1.0, 2.0, 7.0]), torch.tensor([1.0, 4.0, 4.0])))
        >>> metric.compute()
        3.0

    References:
        Botchkarev, Performance Metrics (Error Measures) in Machine Learning Regression, 2018 (arXiv 1809.03006).
    """

    _maximum: Tensor

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        # No error is as small: where it is still there, no sample has come.
        self.add_state("_maximum", torch.tensor(-1.0, dtype=torch.float64), reduce="max")

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: there is more than one number for a sample, or the numbers of samples differ.
        """
        y_pred, y = self.take_pair(number_pairs(output))
        if y.shape[0] > 0:
            self._maximum = torch.maximum(self._maximum, (y - y_pred).abs().max())

    def compute(self) -> float:
        """The largest."""
        maximum = self._maximum.item()
        if maximum < 0:
            raise NotComputableError("MaximumAbsoluteError has seen no sample. Call `update` before `compute`.")
        return maximum
