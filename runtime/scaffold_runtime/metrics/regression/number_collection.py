"""Regression metrics that need all samples at once: medians, ranks, distances from the mean of all targets."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ..pair_collection import PairCollection
from .pairs import number_pairs


class NumberCollection(PairCollection):
    """Base of metrics that keep every prediction and target; 8 bytes a sample stay on the device until `reset`."""

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
