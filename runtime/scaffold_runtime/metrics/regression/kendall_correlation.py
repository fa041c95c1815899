"""Kendall's rank correlation coefficient."""

from collections.abc import Callable
from typing import Any, Literal, Unpack, cast

import torch
from torch import Tensor

from ..machinery.pair_collection import PairCollection
from ..machinery.regression.number_collection import NumberCollection
from ..machinery.unchecked import warn_unchecked
from ..metric import MetricOptions, identity


class KendallRankCorrelation(NumberCollection):
    r"""How much more often two samples are ordered alike by predictions and by targets than contrarily.

    $$\tau_b = \frac{C - D}{\sqrt{(P - T_y)(P - T_{\hat{y}})}} \qquad \tau_c = \frac{2 (C - D)}{N^2 (m - 1) / m}$$

    with $P = N(N-1)/2$ pairs, of which $C$ are ordered alike, $D$ contrarily, and $T$ not at all, being equal; and
    $m$ the lesser number of distinct values. Pairs are counted, not compared: in $O(N \log N)$ time and $O(N)$ space.

    Shapes:
        y_pred: `(N,)` or `(N, 1)`.
        y: `(N,)` or `(N, 1)`.
        result: float in `[-1, 1]`; NaN where one of both does not vary, or a number is NaN.

    Args:
        variant: "b", or "c", for predictions and targets on scales of different lengths.
        output_transform, options: as in `Metric`.
        check_compute_fn: there is nothing to be checked.

    Raises:
        ValueError: `variant` is neither.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> metric = KendallRankCorrelation()
        >>> metric.update((torch.tensor([1.0, 2.0, 9.0, 8.0]), torch.tensor([1.0, 2.0, 3.0, 4.0])))
        >>> round(metric.compute(), 4)
        0.6667

    References:
        Kendall, The Treatment of Ties in Ranking Problems, 1945.
        Knight, A Computer Method for Calculating Kendall's Tau with Ungrouped Data, 1966.
    """

    def __init__(
        self,
        variant: Literal["b", "c"] = "b",
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        **options: Unpack[MetricOptions],
    ) -> None:
        if variant not in ("b", "c"):
            raise ValueError(f"`variant` should be 'b' or 'c', got {variant!r}.")
        warn_unchecked(check_compute_fn)
        super().__init__(output_transform, **options)
        self._variant = variant

    def compute(self) -> float:
        """Pairs ordered alike less those ordered contrarily, by the pairs that could be."""
        y_pred, y = PairCollection.collected(self)  # as they are: single precision is sorted in less time
        if y_pred.isnan().any() or y.isnan().any():
            return float("nan")
        # In order of the left and then the right one, a pair is contrary where its right ones are in the wrong order.
        right, by_right = y.sort()
        left, order = y_pred[by_right].sort(stable=True)
        right, right_counts = _runs(right)
        left, left_counts = _runs(left)
        num_samples, num_left, num_right = len(left), len(left_counts), len(right_counts)
        if num_left == 1 or num_right == 1:
            return float("nan")
        # Where all on the left are distinct, no two are alike on both sides.
        joint_ties = _pairs(_runs(left * num_right + right[order])[1]) if num_left < num_samples else 0
        if int(right_counts.max()) <= 2:  # numbers that were not rounded: what sorts ties is spared
            contrary = num_inversions(order) - _num_swapped(order, right)
        else:
            contrary = num_inversions(right[order])
        pairs, left_ties, right_ties = num_samples * (num_samples - 1) // 2, _pairs(left_counts), _pairs(right_counts)
        surplus = pairs - left_ties - right_ties + joint_ties - 2 * contrary
        if self._variant == "c":
            lesser = min(num_left, num_right)
            return 2 * surplus / num_samples**2 * lesser / (lesser - 1)
        return surplus / ((pairs - left_ties) * (pairs - right_ties)) ** 0.5


def _runs(ordered: Tensor) -> tuple[Tensor, Tensor]:
    """For each of ordered numbers, its place among the distinct ones; and how many have each place."""
    # torch leaves this function untyped.
    found = cast(tuple[Tensor, ...], torch.unique_consecutive(ordered, return_inverse=True, return_counts=True))
    return found[1], found[2]


def _num_swapped(order: Tensor, ordered: Tensor) -> int:
    """How many neighbours in `ordered` are equal, and the later one comes first in `order`."""
    places = _inverse(order)
    return int(((ordered[1:] == ordered[:-1]) & (places[1:] < places[:-1])).sum())


def _inverse(order: Tensor) -> Tensor:
    """Where each of the numbers from 0 to N - 1 stands in `(N,)` of them."""
    return torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))


def num_inversions(ranks: Tensor) -> int:
    """How many pairs of `(N,)` whole numbers, all from 0 to the largest, stand in the wrong order.

    Example:
        >>> num_inversions(torch.tensor([3, 0, 2, 1]))
        4
    """
    return _by_squares(ranks) if len(ranks) <= _MOST_BLOCKS * _SIDE else _by_bits(ranks)


_SIDE_BITS, _MOST_BLOCKS = 5, 2048
_SIDE = 1 << _SIDE_BITS


def _by_squares(ranks: Tensor) -> int:
    """Places and numbers are parted into blocks: pairs that share a block are compared, others are counted."""
    # By number, and equal ones in their order, where they are not wrong. Where no two are equal, the numbers of the
    # places do as well as the places of the numbers: the same pairs are wrong.
    places = ranks if int(ranks.max()) == len(ranks) - 1 else ranks.sort(stable=True).indices
    indices = torch.arange(-(-len(ranks) // _SIDE) * _SIDE, device=ranks.device)
    places = torch.cat((places, indices[len(ranks) :]))
    num_blocks = len(places) // _SIDE
    place_blocks, number_blocks = places >> _SIDE_BITS, indices >> _SIDE_BITS
    within = _num_wrong(_inverse(places), num_blocks) + _num_wrong(place_blocks, num_blocks)
    # How often a block of numbers has how many of each block of places, and how many of lower ones come later. In 32
    # bits, half of the time is spent.
    cells = number_blocks * num_blocks + place_blocks
    table = cells.bincount(minlength=num_blocks**2).view(num_blocks, num_blocks).int()
    lower = table.cumsum(0, dtype=torch.int32) - table
    later = lower.sum(1, keepdim=True, dtype=torch.int32) - lower.cumsum(1, dtype=torch.int32)
    return within + int((table * later).sum())


def _num_wrong(values: Tensor, num_blocks: int) -> int:
    """Pairs within blocks of `_SIDE` values of which the first is larger."""
    # One row for each place in a block: what is compared lies side by side.
    rows = values.int().view(num_blocks, _SIDE).T.contiguous()
    first, second = torch.triu_indices(_SIDE, _SIDE, 1, device=rows.device)
    wrong = rows[first] > rows[second]
    return int(wrong.count_nonzero() if wrong.is_cpu else wrong.sum())  # torch_xla counts wrongly along several axes


def _by_bits(ranks: Tensor) -> int:
    """Inversions of any many numbers.

    Bit by bit from the highest, numbers are parted into those without the bit and those with it, in each group of
    numbers that are alike so far. A number without the bit is in the wrong order with all those before it in its
    group that have it. After the last bit the numbers are sorted.
    """
    counts = ranks.bincount()
    lower = counts.cumsum(0) - counts  # by number: how many are lower, which is where its group begins
    positions = torch.arange(len(ranks), device=ranks.device)
    inversions = torch.zeros((), dtype=torch.int64, device=ranks.device)
    for bit in reversed(range((len(counts) - 1).bit_length())):
        has_bit = (ranks >> bit) & 1
        start = lower[(ranks >> (bit + 1)) << (bit + 1)]
        set_before = has_bit.cumsum(0) - has_bit
        set_before -= set_before[start]
        inversions += (set_before * (1 - has_bit)).sum()
        before = torch.where(has_bit == 1, set_before, positions - start - set_before)
        parted = torch.empty_like(ranks)
        parted[lower[(ranks >> bit) << bit] + before] = ranks
        ranks = parted
    return int(inversions)


def _pairs(counts: Tensor) -> int:
    """How many pairs there are within groups of these sizes."""
    return int((counts * (counts - 1)).sum()) // 2
