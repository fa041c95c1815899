"""Panoptic quality: how well segments, of things that are counted and of stuff that is not, were found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Unpack

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..metric import Metric, MetricOptions, identity


class PanopticQuality(Metric):
    r"""Panoptic quality: segmentation quality, the mean IoU of matched segments, times recognition quality, their F1.

    $$\text{PQ}_c = \frac{\sum_{(p, g) \in TP_c} \text{IoU}(p, g)}{|TP_c| + |FP_c| / 2 + |FN_c| / 2}$$

    Segments of one image and category match if their IoU is above 1/2. Pixels whose target is void, a category that is
    neither a thing nor stuff, are taken off the predictions' IoU, and a prediction that lies mostly on them is no false
    one. A prediction's void counts against it, as in the paper; torchmetrics takes it off the targets. Categories
    without a segment count nowhere in the mean over categories.

    Shapes:
        y_pred: `(N, ..., 2)` int: the category and the instance of each pixel; the instance of stuff is not looked at.
        y: as `y_pred`.
        result: float in `[0, 1]`, higher is better; with `return_sq_and_rq` `(3,)`: PQ, SQ, RQ; with `return_per_class`
            `(C,)` or `(C, 3)`, the things' ids ascending, then the stuffs', 0 for categories without a segment.

    Args:
        things: ids of the categories whose instances are told apart.
        stuffs: ids of the others.
        allow_unknown_preds_category: predictions of a category that is neither are void, instead of an error.
        return_sq_and_rq: give the segmentation and recognition quality as well.
        return_per_class: one value for each category instead of their mean.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: an argument or a shape is not as said above; or, in `compute`, because `update` does not wait for
            the device, a category was predicted that is unknown and not allowed.
        NotComputableError: `compute` before a segment was seen.

    Example:
        >>> quality = PanopticQuality(things={1}, stuffs={7})
        >>> y_pred = torch.tensor([[[1, 0], [1, 0], [1, 0], [7, 0]]])
        >>> y = torch.tensor([[[1, 5], [1, 5], [7, 0], [7, 0]]])
        >>> quality.update((y_pred, y))
        >>> round(quality.compute(), 4)
        0.3333

    References:
        Kirillov, He, Girshick, Rother, Dollar: Panoptic Segmentation. CVPR 2019, arXiv:1801.00868.
    """

    _sum_iou: Tensor
    _true_positives: Tensor
    _false_positives: Tensor
    _false_negatives: Tensor
    _num_unknown: Tensor

    def __init__(
        self,
        things: Collection[int],
        stuffs: Collection[int],
        allow_unknown_preds_category: bool = False,
        return_sq_and_rq: bool = False,
        return_per_class: bool = False,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        self._categories = _categories(things, stuffs)
        self._num_things = len(set(things))
        self._places = _places(self._categories)
        self._allow_unknown = allow_unknown_preds_category
        self._return_sq_and_rq = return_sq_and_rq
        self._return_per_class = return_per_class
        super().__init__(output_transform, **options)
        zeros = torch.zeros(len(self._categories), dtype=torch.int64)
        self.add_state("_sum_iou", zeros.double(), reduce="sum")
        self.add_state("_true_positives", zeros, reduce="sum")
        self.add_state("_false_positives", zeros, reduce="sum")
        self.add_state("_false_negatives", zeros, reduce="sum")
        self.add_state("_num_unknown", torch.tensor(0), reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Matches the segments of a batch `(y_pred, y)`."""
        y_pred, y = self.take_pair(output)
        _check(y_pred, y)
        pred, target = self._segments(y_pred), self._segments(y)
        pairs = _numbered(pred.number * pred.number.shape[1] + target.number)

        overlap, predicted, there = (_areas(number) for number in (pairs.number, pred.number, target.number))
        not_void = _areas(pred.number, target.is_known)
        union = not_void + there - overlap
        # Above one half, a segment has one match at most, so that none has to be chosen.
        is_match = target.is_known & (pred.category == target.category) & (2 * overlap > union)
        is_missed = _areas(target.number, is_match) == 0
        is_wrong = (_areas(pred.number, is_match) == 0) & (2 * not_void >= predicted)

        iou = torch.where(is_match & pairs.is_first, overlap.to(self.double_dtype) / union, 0.0)
        self._sum_iou.add_(self._by_category(target.category, iou))
        self._true_positives.add_(self._by_category(target.category, (is_match & pairs.is_first).long()))
        self._false_positives.add_(self._by_category(pred.category, (is_wrong & pred.is_first).long()))
        self._false_negatives.add_(self._by_category(target.category, (is_missed & target.is_first).long()))
        self._num_unknown.add_((~pred.is_known).count_nonzero())

    def compute(self) -> Tensor | float:
        """The quality, as chosen."""
        num_unknown = int(self._num_unknown)
        if num_unknown > 0 and not self._allow_unknown:
            raise ValueError(
                f"`y_pred` should hold the categories {self._categories}, got others at {num_unknown} pixels. "
                "Pass `allow_unknown_preds_category=True` if those are void."
            )
        errors = (self._false_positives + self._false_negatives).cpu().double() / 2
        right = self._true_positives.cpu().double()
        is_seen = right + errors > 0
        if not is_seen.any():
            raise NotComputableError("PanopticQuality has seen no segment. Call `update` before `compute`.")
        segmentation = self._sum_iou.cpu().double() / right.clamp(min=1)
        recognition = right / torch.where(is_seen, right + errors, 1.0)
        result = torch.stack((segmentation * recognition, segmentation, recognition), 1)
        result = result if self._return_sq_and_rq else result[:, 0]
        if self._return_per_class:
            return result
        mean = result[is_seen].mean(0)
        return mean if self._return_sq_and_rq else mean.item()

    def _segments(self, pixels: Tensor) -> _Segments:
        """The segments of images `(N, ..., 2)`; one of all that is void."""
        pixels = pixels.long().flatten(1, -2)
        if self._places.device != pixels.device:
            self._places = self._places.to(pixels.device)
        # What is below and above all categories is void, like what is between them.
        category = self._places[pixels[..., 0].clamp(-1, len(self._places) - 2) + 1]
        instance = torch.where(category < self._num_things, pixels[..., 1], 0)
        # Numbered before they are put together: any integer may be an instance, and their products must not overflow.
        runs = _numbered(category * pixels.shape[1] + _numbered(instance).number)
        return _Segments(category, category < len(self._categories), runs.number, runs.is_first)

    def _by_category(self, category: Tensor, values: Tensor) -> Tensor:
        """Sums by category, without void."""
        sums = values.new_zeros(len(self._categories) + 1)
        return sums.index_add_(0, category.reshape(-1), values.reshape(-1))[:-1]


class _Runs(NamedTuple):
    """Numbers of equal keys, and which pixel stands for each number; `(N, pixels)`."""

    number: Tensor
    is_first: Tensor


class _Segments(NamedTuple):
    """What each pixel belongs to, `(N, pixels)`; `category` is a place among the categories, behind them if void."""

    category: Tensor
    is_known: Tensor
    number: Tensor
    is_first: Tensor


def _numbered(keys: Tensor) -> _Runs:
    """Numbers the different keys of each row from 0: by sorting, since how many there are, only the device knows."""
    ordered, order = keys.sort(1)
    is_first = torch.cat((torch.ones_like(ordered[:, :1]).bool(), ordered[:, 1:] != ordered[:, :-1]), 1)
    number = is_first.long().cumsum(1) - 1
    return _Runs(torch.empty_like(number).scatter_(1, order, number), is_first.scatter(1, order, is_first))


def _areas(number: Tensor, counted: Tensor | None = None) -> Tensor:
    """At each pixel, how many pixels of its segment there are, or are counted."""
    ones = torch.ones_like(number) if counted is None else counted.long()
    return torch.zeros_like(number).scatter_add_(1, number, ones).gather(1, number)


def _places(categories: list[int]) -> Tensor:
    """For each id, from -1 to one above all, its place among the categories; the place behind them where it is none."""
    places = torch.full((max(categories) + 3,), len(categories))
    places[torch.tensor(categories) + 1] = torch.arange(len(categories))
    return places


def _categories(things: Collection[int], stuffs: Collection[int]) -> list[int]:
    categories = [*sorted(set(things)), *sorted(set(stuffs))]
    if not categories or min(categories) < 0:
        raise ValueError(
            f"`things` and `stuffs` should be ids of categories, at least one and none below 0, got {things!r} "
            f"and {stuffs!r}."
        )
    if both := set(things) & set(stuffs):
        raise ValueError(f"A category should be a thing or stuff, got {sorted(both)} in `things` and in `stuffs`.")
    return categories


def _check(y_pred: Tensor, y: Tensor) -> None:
    if y_pred.shape != y.shape or y.ndim < 3 or y.shape[-1] != 2:
        raise ValueError(
            "`y_pred` and `y` should be of one shape (N, ..., 2), the category and the instance of each pixel, "
            f"got {tuple(y_pred.shape)} and {tuple(y.shape)}."
        )
    if y_pred.is_floating_point() or y.is_floating_point():
        raise ValueError(f"`y_pred` and `y` should be integers, got {y_pred.dtype} and {y.dtype}.")
