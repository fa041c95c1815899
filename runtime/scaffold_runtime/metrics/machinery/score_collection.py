"""Metrics of the order of scores: they keep every score, and rank them when asked."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..metric import MetricOptions, identity
from .pair_collection import PairCollection
from .unchecked import warn_unchecked


class ScoreCollection(PairCollection):
    """Base of metrics that need all scores at once; 5 bytes a sample stay on the device until `reset`.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` float, scores of class 1: probabilities or logits, only their order counts.
        y: the shape of `y_pred`, 0 and 1.

    Args:
        output_transform, options: as in `Metric`.
        check_compute_fn: there is nothing to be checked.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        **options: Unpack[MetricOptions],
    ) -> None:
        warn_unchecked(check_compute_fn)
        super().__init__(output_transform, **options)

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(y_pred, y)`.

        Raises:
            ValueError: the shapes differ, or there is more than one score for a sample.
        """
        y_pred, y = self.take_pair(output)
        if y.ndim == 0 or not y_pred.numel() == y.numel() == y.shape[0]:
            raise ValueError(
                f"`y_pred` and `y` should be (N,) or (N, 1), got {tuple(y_pred.shape)} and {tuple(y.shape)}. "
                "Pick the scores of one class in an `output_transform`."
            )
        # In single precision the order of half-precision scores is the same, and copies are no views of a batch.
        self.keep(
            y_pred.reshape(-1).to(torch.promote_types(y_pred.dtype, torch.float32), copy=True),
            (y.reshape(-1) > 0).to(torch.uint8),
        )

    def collected(self) -> tuple[Tensor, Tensor]:
        """All scores and targets.

        Raises:
            NotComputableError: there are none.
            ValueError: some score is NaN, which has no place in an order.
        """
        scores, targets = super().collected()
        if scores.isnan().any():
            raise ValueError(f"{type(self).__name__} ranks scores, and {int(scores.isnan().sum())} of them are NaN.")
        return scores, targets


def operating_points(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each distinct score, from the highest: true and false positives at it, and the score.

    Equal scores are one point: nothing tells which of them comes first.
    """
    ordered, order = scores.sort(descending=True)
    hits = targets[order].cumsum(0, dtype=torch.int64)
    last_of_its_value = torch.ones_like(ordered, dtype=torch.bool)
    torch.ne(ordered[1:], ordered[:-1], out=last_of_its_value[:-1])
    ends = last_of_its_value.nonzero().squeeze(1)
    true_positives = hits[ends]
    return true_positives, ends + 1 - true_positives, ordered[ends]
