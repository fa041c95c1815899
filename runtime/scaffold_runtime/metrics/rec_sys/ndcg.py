"""How near a ranking comes to the best one, where items can be more or less relevant."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Unpack

import torch
from torch import Tensor

from ..machinery.rec_sys.ranking import RankingMetric, at_cuts
from ..metric import MetricOptions, identity

Gain = Literal["exp_rank", "linear_rank"]


class NDCG(RankingMetric):
    r"""Normalised discounted cumulative gain of the first k items, the mean over users.

    $$\text{NDCG@}k = \frac{\text{DCG@}k}{\text{IDCG@}k}, \qquad
    \text{DCG@}k = \sum_{i=1}^{k} \frac{2^{\text{rel}_i} - 1}{\log_2 (i + 1)}$$

    with the relevance of the item at rank $i$; IDCG is the DCG of the items in the order of their relevance. Equal
    scores rank in the order of the items (scikit-learn's `ndcg_score(ignore_ties=False)` takes the mean of all orders).

    Shapes:
        y_pred: `(N, items)`, a score for each item.
        y: `(N, items)`, the relevance of each item, 0 or more.
        result: list of floats in `[0, 1]`, one for each of `top_k`, ascending; higher is better.

    Args:
        top_k: how many items are looked at: one number or several; all items where there are fewer.
        ignore_zero_hits: leave out users for whom no item is relevant; else they count as 0.
        relevance_threshold: an item below it is not relevant and gains nothing.
        gain_function: what a relevance is worth. "exp_rank": $2^{\text{rel}} - 1$. "linear_rank": $\text{rel}$.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes differ, `top_k` is not positive, or there is no such `gain_function`.
        NotComputableError: `compute` before a user was counted.

    Example:
        >>> metric = NDCG(top_k=[1, 2])
        >>> metric.update((torch.tensor([[4.0, 2.0, 3.0, 1.0]]), torch.tensor([[0, 0, 1, 1]])))
        >>> [round(value, 4) for value in metric.compute()]
        [0.0, 0.3869]

    References:
        Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002.
        Burges et al., Learning to rank using gradient descent, 2005 (the exponential gain).
    """

    def __init__(
        self,
        top_k: Sequence[int] | int,
        ignore_zero_hits: bool = True,
        relevance_threshold: float = 1.0,
        gain_function: Gain = "exp_rank",
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if gain_function not in ("exp_rank", "linear_rank"):
            raise ValueError(f"`gain_function` should be 'exp_rank' or 'linear_rank', got {gain_function!r}.")
        self.relevance_threshold = relevance_threshold
        self.gain_function: Gain = gain_function
        super().__init__(top_k, ignore_zero_hits, output_transform, **options)

    def relevant(self, y: Tensor) -> Tensor:
        """Where the relevance reaches the threshold."""
        return y >= self.relevance_threshold

    def values(self, y: Tensor, relevant: Tensor, order: Tensor, cuts: list[int]) -> Tensor:
        """DCG by the DCG of the best order."""
        relevance = y.where(relevant, 0)
        gained = self._discounted(relevance.gather(1, order), cuts)
        # A higher relevance never gains less, so the best order is that of relevance.
        possible = self._discounted(relevance.topk(cuts[-1], dim=1).values, cuts)
        return torch.where(possible > 0, gained / possible, 0.0)

    def _discounted(self, ranked: Tensor, cuts: list[int]) -> Tensor:
        """DCG at each cut, of the relevances by rank."""
        ranked = ranked.to(self.double_dtype)
        # A power, because `exp2` leaves an XLA device.
        gains = 2.0**ranked - 1 if self.gain_function == "exp_rank" else ranked
        discounts = torch.arange(2, cuts[-1] + 2, dtype=gains.dtype, device=gains.device).log2()
        return at_cuts((gains / discounts).cumsum(1), cuts)
