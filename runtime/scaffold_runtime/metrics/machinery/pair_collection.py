"""Metrics that need all samples at once: they keep every prediction and target."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..metric import Metric, MetricOptions, identity


class PairCollection(Metric):
    """Base of metrics that keep what they are given on the device until `reset`; `update` appends copies.

    Args:
        output_transform, options: as in `Metric`.
    """

    _predictions: list[Tensor]
    _targets: list[Tensor]

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        self.add_state("_predictions", [], reduce="cat")
        self.add_state("_targets", [], reduce="cat")

    def keep(self, predictions: Tensor, targets: Tensor) -> None:
        """Appends a batch, which nobody else may change.

        Raises:
            ValueError: its samples are not of the shape or dtype of those before.
        """
        if self._predictions:
            _check_alike("y_pred", self._predictions[0], predictions)
            _check_alike("y", self._targets[0], targets)
        self._predictions.append(predictions)
        self._targets.append(targets)

    def collected(self) -> tuple[Tensor, Tensor]:
        """All predictions and targets.

        Raises:
            NotComputableError: there are none.
        """
        if sum(part.shape[0] for part in self._predictions) == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return torch.cat(self._predictions), torch.cat(self._targets)


def _check_alike(name: str, old: Tensor, new: Tensor) -> None:
    if old.dtype != new.dtype or old.shape[1:] != new.shape[1:]:
        raise ValueError(
            f"The samples of `{name}` have changed from {old.dtype} of shape {tuple(old.shape[1:])} "
            f"to {new.dtype} of shape {tuple(new.shape[1:])}. Call `reset` between."
        )
