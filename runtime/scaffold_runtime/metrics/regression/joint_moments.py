"""Regression metrics made of means, variances and covariances of two series.

Sums of squares lose everything where the mean is large and the spread small. Instead, each batch's moments
about its own mean are merged with those of the batches before, and processes' moments in the same way.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..metric import Metric, identity
from .pairs import number_pairs


class JointMoments(Metric):
    """Base of metrics of two series; a subclass says which, and what it makes of `moments()`.

    Args:
        output_transform: as in `Metric`.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.

    References:
        Chan, Golub and LeVeque, Algorithms for Computing the Sample Variance, 1983.
    """

    _moments: Tensor

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
    ) -> None:
        super().__init__(output_transform, device=device, skip_unrolling=skip_unrolling)
        # One state, because parts can be merged only together: [[count, mean], [mean, comoments]].
        self.add_state("_moments", torch.zeros(3, 3, dtype=torch.float64), reduce=merge_moments)

    @abstractmethod
    def series(self, y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The two series, of predictions and targets `(N,)` in double precision."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: there is more than one number for a sample, or the numbers of samples differ.
        """
        y_pred, y = self.take_pair(number_pairs(output))
        if y.shape[0] == 0:
            return
        values = torch.stack(self.series(y_pred.to(self.double_dtype), y.to(self.double_dtype)))
        self._moments = merge_moments(torch.stack((self._moments, _moments_of(values))))

    def moments(self) -> tuple[float, Tensor, Tensor]:
        """How many samples, the two means, and the sums of products of deviations from them, `(2, 2)`.

        Raises:
            NotComputableError: there is no sample.
        """
        count = self._moments[0, 0].item()
        if count == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return count, self._moments[0, 1:], self._moments[1:, 1:]


def _moments_of(values: Tensor) -> Tensor:
    """The moments of series `(2, N)`, laid out `(3, 3)`."""
    mean = values.mean(1, keepdim=True)
    deviations = values - mean
    count = torch.full_like(mean[:1], values.shape[1])
    return torch.cat((torch.cat((count, mean.T), 1), torch.cat((mean, deviations @ deviations.T), 1)))


def merge_moments(parts: Tensor) -> Tensor:
    """The moments of all samples together, from those of their parts, `(K, 3, 3)`."""
    counts, means = parts[:, 0, :1], parts[:, 0, 1:]
    count = counts.sum(0, keepdim=True)
    mean = (counts * means).sum(0, keepdim=True) / count.clamp(min=1)
    between = means - mean
    comoments = parts[:, 1:, 1:].sum(0) + (counts * between).T @ between
    return torch.cat((torch.cat((count, mean), 1), torch.cat((mean.T, comoments), 1)))


def explained(unexplained: float, whole: float) -> float:
    """The explained share of a variation; where nothing varies, 1 if nothing is left to explain, else 0."""
    if whole == 0:
        return float(unexplained == 0)
    return 1 - unexplained / whole
