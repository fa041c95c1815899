"""Regression metrics that need all samples at once: medians, ranks, distances from the mean of all targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..metric import Metric, identity
from .pairs import number_pairs


class PairCollection(Metric):
    """Base of metrics that keep every prediction and target; 8 bytes a sample stay on the device until `reset`.

    Args:
        output_transform: as in `Metric`.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.
    """

    _predictions: list[Tensor]
    _targets: list[Tensor]

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
    ) -> None:
        super().__init__(output_transform, device=device, skip_unrolling=skip_unrolling)
        self.add_state("_predictions", [], reduce="cat")
        self.add_state("_targets", [], reduce="cat")

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(y_pred, y)`.

        Raises:
            ValueError: there is more than one number for a sample, or the numbers of samples differ.
        """
        y_pred, y = self.take_pair(number_pairs(output))
        self._predictions.append(y_pred.clone())
        self._targets.append(y.clone())

    def collected(self) -> tuple[Tensor, Tensor]:
        """All predictions and targets, `(N,)`, in double precision.

        Raises:
            NotComputableError: there are none.
        """
        if sum(part.shape[0] for part in self._predictions) == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return torch.cat(self._predictions).to(self.double_dtype), torch.cat(self._targets).to(self.double_dtype)
