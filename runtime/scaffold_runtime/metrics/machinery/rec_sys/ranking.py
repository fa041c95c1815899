"""What metrics of rankings have in common: each user's items in the order of their scores, cut after the first k.

Equal scores rank in the order of the items, so that a result is the same on every device. Metrics that are updated
together and look at equally many items rank them once.
"""

import sys
from abc import abstractmethod
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Unpack, cast

import torch
from torch import Tensor

from ....exceptions import NotComputableError
from ...metric import Metric, MetricOptions, identity
from ..batch_results import shared


class RankingMetric(Metric):
    """Base of means over users: a subclass says what one user's ranking is worth at each cut.

    Shapes:
        y_pred: `(N, items)`, a score for each item; only the order counts.
        y: `(N, items)`, above 0 where an item is relevant.
        result: a list with one float for each of `top_k`, ascending; NaN where a score is NaN.

    Args:
        top_k: after how many items the rankings are cut: one number or several. None: not at all.
        ignore_zero_hits: leave out users for whom no item is relevant; else they count as 0.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: `top_k` is empty or not positive.
        NotComputableError: `compute` before a user was counted.
    """

    allows_fewer_items = True
    """Whether a cut may lie behind the last item."""

    _sum: Tensor
    _num_users: Tensor

    def __init__(
        self,
        top_k: Sequence[int] | int | None,
        ignore_zero_hits: bool = True,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        self.top_k = _as_cuts(top_k)
        self.ignore_zero_hits = ignore_zero_hits
        super().__init__(output_transform, **options)
        self.add_state("_sum", torch.zeros(len(self.top_k), dtype=torch.float64), reduce="sum")
        # On the device: how many users have a relevant item is known from values only.
        self.add_state("_num_users", torch.tensor(0), reduce="sum")

    def relevant(self, y: Tensor) -> Tensor:
        """Which items are relevant, of the shape of `y`."""
        return y > 0

    @abstractmethod
    def values(self, y: Tensor, relevant: Tensor, order: Tensor, cuts: list[int]) -> Tensor:
        """What each ranking is worth at each cut: `(N, len(cuts))`, 0 where no item is relevant.

        Args:
            y: the targets.
            relevant: which of them are relevant.
            order: `(N, cuts[-1])`, the items by descending score.
            cuts: after how many items to look, ascending, none behind the last item.
        """

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: the shapes are not `(N, items)`, or there are fewer items than `top_k` looks at.
        """
        y_pred, y = self.take_pair(output)
        self._check_shapes(y_pred, y)
        cuts = [min(k, y.shape[1]) for k in self.top_k]
        order, is_nan = shared(self, _ranked, y_pred, cuts[-1])
        relevant = self.relevant(y)
        values = self.values(y, relevant, order, cuts).to(self.double_dtype)
        self._sum.add_(values.masked_fill(is_nan, float("nan")).sum(0))
        self._num_users.add_(relevant.any(1).count_nonzero() if self.ignore_zero_hits else y.shape[0])

    def compute(self) -> list[float]:
        """The mean over users at each of `top_k`, ascending."""
        num_users = self._num_users.item()
        if num_users == 0:
            whom = "user with a relevant item" if self.ignore_zero_hits else "user"
            raise NotComputableError(f"{type(self).__name__} has seen no {whom}. Call `update` before `compute`.")
        return cast(list[float], (self._sum / num_users).tolist())

    def _check_shapes(self, y_pred: Tensor, y: Tensor) -> None:
        if y_pred.ndim != 2 or y_pred.shape != y.shape or y.shape[1] == 0:
            raise ValueError(
                f"`y_pred` and `y` should both be (N, items), got {tuple(y_pred.shape)} and {tuple(y.shape)}."
            )
        if self.top_k[-1] > y.shape[1] and not self.allows_fewer_items:
            raise ValueError(
                f"`top_k` looks at {self.top_k[-1]} items and there are {y.shape[1]}: every relevant one is among "
                "them. Choose a smaller `top_k`."
            )


def _ranked(y_pred: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The first k items by descending score, `(N, k)`, and for each user whether a score is NaN, `(N, 1)`."""
    num_items = y_pred.shape[1]
    is_nan = y_pred.isnan().any(dim=1, keepdim=True)
    if k >= num_items // 4:
        return y_pred.sort(dim=1, descending=True, stable=True).indices[:, :k], is_nan
    items = _first_items(y_pred, k)
    order = y_pred.gather(1, items).sort(dim=1, descending=True, stable=True).indices
    return items.gather(1, order), is_nan


def _first_items(y_pred: Tensor, k: int) -> Tensor:
    """The k items of the highest scores, the first ones where scores are equal; in the order of the items.

    Not `y_pred.topk(k).indices`: which of equal scores that takes depends on the device. Yet its lowest value tells
    which items are in and which compete, and those are numbered. Far faster than sorting all items.
    """
    lowest = y_pred.topk(k, dim=1).values[:, -1:]
    index = torch.arange(y_pred.shape[1], dtype=torch.int32, device=y_pred.device)
    competing = torch.where(y_pred == lowest, -index, torch.iinfo(torch.int32).min)
    return competing.masked_fill(y_pred > lowest, 1).topk(k, dim=1).indices.sort(dim=1).values


def _as_cuts(top_k: Sequence[int] | int | None) -> list[int]:
    if top_k is None:
        return [sys.maxsize]
    cuts = sorted([top_k] if isinstance(top_k, int) else top_k)
    if not cuts or not all(isinstance(cut, Integral) and cut > 0 for cut in cuts):
        raise ValueError(f"`top_k` should be one or more whole numbers above 0, got {top_k!r}.")
    return cuts


def at_cuts(values: Tensor, cuts: list[int]) -> Tensor:
    """The columns in which the cuts' last items are."""
    return torch.stack([values[:, cut - 1] for cut in cuts], dim=1)
