"""Regression metrics that are the median of one error per sample."""

from abc import abstractmethod

from torch import Tensor

from ..median import median
from .number_collection import NumberCollection


class MedianOfErrors(NumberCollection):
    """Base of medians over errors; of an even number of them, the mean of the two in the middle."""

    @abstractmethod
    def errors(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """The errors of all samples, `(N,)`."""

    def compute(self) -> float:
        """The median of the errors."""
        return median(self.errors(*self.collected())).item()
