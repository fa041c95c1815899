"""Metrics that are a mean of one number per sample: a sum and a count."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..metric import Metric, MetricOptions, identity
from .states import without_wait
from .tensor_parts import check_are_numbers


class MeanOverSamples(Metric):
    """Base of means over samples: a subclass says what one batch adds.

    The sum is kept in double precision, of batches in half precision too.

    Args:
        output_transform, options: as in `Metric`.
    """

    _sum: Tensor | float  # a number as long as all batches are on the host
    _num_examples: int

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        self.add_state("_sum", 0.0, reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    @abstractmethod
    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """The numbers that a batch adds, of any shape."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: the shapes differ.
            TypeError: what is given are no real numbers.
        """
        y_pred, y = self.take_pair(output)
        if y.shape != y_pred.shape or y.ndim == 0:
            y = _matched(y, y_pred)
        if not y_pred.dtype == y.dtype == torch.float32:
            y_pred, y = self._floats(y_pred, y)
        self._sum = self._sum + without_wait(self.values(y_pred, y).sum(dtype=self.double_dtype))
        self._num_examples += y.shape[0]

    def _floats(self, y_pred: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        y = y.to(torch.uint8) if y.dtype == torch.bool else y  # which torch does not subtract
        if y_pred.dtype == torch.bool:
            y_pred = y_pred.to(torch.uint8)
        check_are_numbers(y_pred, y)
        if y_pred.dtype not in (torch.float32, torch.float64):
            # Single precision holds half precision, and whole numbers up to 2**24.
            y_pred = y_pred.to(torch.float32 if y_pred.dtype.itemsize < 4 else self.double_dtype)
        return y_pred, y

    def compute(self) -> float:
        """The sum by the number of samples."""
        if self._num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return float(self._sum) / self._num_examples


def _matched(y: Tensor, y_pred: Tensor) -> Tensor:
    """`(N,)` and `(N, 1)` mean the same."""
    if {y.ndim, y_pred.ndim} == {1, 2} and y.numel() == y_pred.numel():
        return y.view_as(y_pred)
    raise ValueError(
        f"`y_pred` and `y` should have one shape, (N, ...), got {tuple(y_pred.shape)} and {tuple(y.shape)}. "
        "Bring them together in an `output_transform`."
    )
