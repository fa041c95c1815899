"""Regression metrics that are a mean, or a sum, of one error per sample."""

from collections.abc import Sequence

from torch import Tensor

from ....exceptions import NotComputableError
from ..mean_over_samples import MeanOverSamples
from .pairs import number_pairs


class MeanOfErrors(MeanOverSamples):
    """Base of means over errors; a subclass says in `values` what the error of a sample is."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: there is more than one number for a sample, or the numbers of samples differ.
        """
        super().update(number_pairs(output))


class SumOfErrors(MeanOfErrors):
    """Base of sums over errors."""

    def compute(self) -> float:
        """The sum."""
        if self._num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return float(self._sum)
