"""How much of what is relevant is recommended."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

from torch import Tensor

from ..machinery.rec_sys.ranking import RankingMetric, at_cuts
from ..metric import MetricOptions, identity


class RecallAtK(RankingMetric):
    r"""Fraction of a user's relevant items that are among the first k, the mean over users.

    $$\text{Recall@}k = \frac{1}{N} \sum_{i=1}^{N} \frac{|R_i \cap T_i^k|}{|R_i|}$$

    with the relevant items $R_i$ of a user and the first k, $T_i^k$. Equal scores rank in the order of the items.

    Shapes:
        y_pred: `(N, items)`, a score for each item.
        y: `(N, items)`, 1 where an item is relevant.
        result: list of floats in `[0, 1]`, one for each of `top_k`, ascending; higher is better.

    Args:
        top_k: how many items are looked at: one number or several.
        ignore_zero_hits: leave out users for whom no item is relevant; else they count as 0.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes differ, or there are fewer items than `top_k` looks at.
        NotComputableError: `compute` before a user was counted.

    Example:
        >>> import torch
        >>> metric = RecallAtK(top_k=[1, 2])
        >>> metric.update((torch.tensor([[4.0, 2.0, 3.0, 1.0]]), torch.tensor([[0, 0, 1, 1]])))
        >>> metric.compute()
        [0.0, 0.5]
    """

    allows_fewer_items = False

    def __init__(
        self,
        top_k: Sequence[int] | int = 1,
        ignore_zero_hits: bool = True,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(top_k, ignore_zero_hits, output_transform, **options)

    def values(self, y: Tensor, relevant: Tensor, order: Tensor, cuts: list[int]) -> Tensor:
        """Relevant items before the cut by all relevant items."""
        found = at_cuts(relevant.gather(1, order).cumsum(1), cuts)
        return found.to(self.double_dtype) / relevant.sum(1, keepdim=True).clamp(min=1)
