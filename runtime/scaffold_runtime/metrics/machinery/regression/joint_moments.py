"""Regression metrics made of means, variances and covariances of two series.

Sums of squares lose everything where the mean is large and the spread small. Here they are sums about an
origin, the first sample: as that is part of the data, no more digits are lost than the number of samples has,
and where nothing varies the sums are 0. Sums about different origins, those of several processes, are moved to one.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor

from ....exceptions import NotComputableError
from ...metric import Metric, MetricOptions, identity
from .pairs import number_pairs


class JointMoments(Metric):
    """Base of metrics of two series; a subclass says which, and what it makes of `moments()`.

    Args:
        output_transform, options: as in `Metric`.

    References:
        Chan, Golub and LeVeque, Algorithms for Computing the Sample Variance, 1983.
    """

    first_about_itself: ClassVar[int] = 1
    """The first row, of 1 and the series, whose origin is a sample; that of rows before it is 0."""

    _moments: Tensor
    _num_examples: int

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        # Sums of products of the rows 1, left and right about an origin; and that, in the last column.
        self.add_state("_moments", torch.zeros(3, 4, dtype=torch.float64), reduce=self.merge)
        self.add_state("_num_examples", 0, reduce="sum")
        # The rows 1, left and right of a batch, each of the latter two alone, and the rows as columns.
        self._rows: tuple[Tensor, Tensor, Tensor, Tensor] | None = None
        self._views: tuple[Tensor, Tensor, Tensor] | None = None  # of the moments: the products and the origin

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_views": None, "_rows": None}  # pickled, they would be no views any more

    @staticmethod
    def merge(parts: Tensor) -> Tensor:
        """One of the moments of several processes, `(parts, 3, 4)`."""
        return merge_moments(parts)

    @abstractmethod
    def series(self, y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The two series, of predictions and targets `(N,)`."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: there is more than one number for a sample, or the numbers of samples differ.
        """
        y_pred, y = self.take_pair(number_pairs(output))
        if y.shape[0] == 0:
            return
        if self._rows is None or self._rows[1].shape != y.shape or self._rows[1].device != y.device:
            with torch.inference_mode(False):  # what is made within it could not be written to outside of it
                ones = torch.ones(3, *y.shape, dtype=self.double_dtype, device=y.device)
                self._rows = ones, ones[1], ones[2], ones.T
        rows, left, right, columns = self._rows
        for row, numbers in zip((left, right), self.series(y_pred, y), strict=True):
            row.copy_(numbers)
        if self._views is None or self._views[0] is not self._moments:
            with torch.inference_mode(False):
                self._views = self._moments, self._moments[:, :3], self._moments[:, 3:]
        _, products, origin = self._views
        if self._num_examples == 0:
            origin[self.first_about_itself :] = rows[self.first_about_itself :, :1]
        products.addmm_(rows.sub_(origin), columns)
        self._num_examples += y.shape[0]

    def moments(self) -> tuple[Tensor, Tensor]:
        """The two means, and the sums of products of deviations from them, `(2, 2)`.

        Raises:
            NotComputableError: there is no sample.
        """
        if self._num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        moments = self._moments.cpu()
        offsets = moments[1:, 0] / self._num_examples
        return moments[1:, -1] + offsets, moments[1:, 1:-1] - torch.outer(offsets, moments[1:, 0])


def merge_moments(parts: Tensor) -> Tensor:
    """The moments of all samples about their mean, from those of their parts, `(parts, K + 1, K + 2)`."""
    products, origins = parts[:, :, :-1], parts[:, :, -1:]
    counts = products[:, :1, :1]
    origin = origins[counts.argmax()]
    offsets = origins - origin
    mean = (products[:, :, :1] + counts * offsets).sum(0) / counts.sum(0).clamp(min=1)
    mean[0] = 0
    # About another origin, a row is less by so many rows of ones.
    moves = torch.eye(parts.shape[1], dtype=parts.dtype, device=parts.device).repeat(len(parts), 1, 1)
    moves[:, :, :1] += offsets - mean
    return torch.cat(((moves @ products @ moves.mT).sum(0), origin + mean), 1)


def explained(unexplained: float, whole: float) -> float:
    """The explained share of a variation; where nothing varies, 1 if nothing is left to explain, else 0."""
    if whole == 0:
        return unexplained if math.isnan(unexplained) else float(unexplained == 0)
    return 1 - unexplained / whole
