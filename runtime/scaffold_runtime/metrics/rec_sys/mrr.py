"""How far down the first relevant recommendation is."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..machinery.rec_sys.ranking import RankingMetric, at_cuts
from ..metric import MetricOptions, identity


class MRR(RankingMetric):
    r"""Mean reciprocal rank of each user's first relevant item.

    $$\text{MRR} = \frac{1}{N} \sum_{i=1}^{N} \frac{1}{\text{rank}_i}$$

    An item behind the cut counts as 0. Equal scores rank in the order of the items.

    Shapes:
        y_pred: `(N, items)`, a score for each item.
        y: `(N, items)`, 1 where an item is relevant.
        result: list of floats in `[0, 1]`, one for each of `top_k`, ascending; higher is better.

    Args:
        top_k: after how many items the rankings are cut, one number or several; all items where there are
            fewer. None: they are not cut, and the result is a list of one.
        ignore_zero_hits: leave out users for whom no item is relevant; else they count as 0.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes differ, or `top_k` is not positive.
        NotComputableError: `compute` before a user was counted.

    Example:
        >>> metric = MRR()
        >>> metric.update((torch.tensor([[4.0, 2.0, 3.0, 1.0]]), torch.tensor([[0, 0, 1, 1]])))
        >>> metric.compute()
        [0.5]
    """

    def __init__(
        self,
        top_k: Sequence[int] | int | None = None,
        ignore_zero_hits: bool = True,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(top_k, ignore_zero_hits, output_transform, **options)

    def values(self, y: Tensor, relevant: Tensor, order: Tensor, cuts: list[int]) -> Tensor:
        """The reciprocal of the rank of the first relevant item."""
        ranks = torch.arange(1, cuts[-1] + 1, dtype=self.double_dtype, device=y.device)
        hits = relevant.gather(1, order)
        first = hits & (hits.cumsum(1) == 1)
        # Only the first is not 0, so a sum over all before the cut is it. (`cummax` does not compile for XLA.)
        return at_cuts((first / ranks).cumsum(1), cuts)
