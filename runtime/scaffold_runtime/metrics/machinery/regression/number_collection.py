"""Regression metrics that need all samples at once: medians, ranks, distances from the mean of all targets."""

from collections.abc import Sequence

from torch import Tensor

from ..pair_collection import PairCollection
from .pairs import number_pairs


class NumberCollection(PairCollection):
    """Base of metrics that keep every prediction and target until `reset`, on the device.

    A sample takes 8 bytes there, or 16 in double precision and of integers.
    """

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(y_pred, y)`.

        Raises:
            ValueError: there is more than one number for a sample, or the numbers of samples differ.
        """
        y_pred, y = self.take_pair(number_pairs(output))
        self._predictions.append(y_pred.clone())
        self._targets.append(y.clone())

    def collected(self) -> tuple[Tensor, Tensor]:
        """All predictions and targets, `(N,)`, in double precision."""
        y_pred, y = super().collected()
        return y_pred.to(self.double_dtype), y.to(self.double_dtype)


def deviations(values: Tensor) -> Tensor:
    """Distances of `(N,)` numbers from their mean; none where all are alike, as the mean is taken about one of them."""
    values = values - values[0]
    return (values - values.mean()).abs()
