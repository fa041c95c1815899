"""Metrics of how far two labellings agree: they take classes as they are, or scores of classes."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack, cast

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..confusion_matrix import count_pairs
from ..metric import MetricOptions, identity
from .confusion_counts import ConfusionCounts
from .labels import Labels
from .states import without_wait
from .tensor_parts import tensors
from .unchecked import warn_unchecked

_MOST_CELLS = 10_000


class Agreement(ConfusionCounts):
    """Base of metrics whose predictions may be integers, each of them a class.

    Where nothing says how many classes there are, integers are kept until `compute`, 16 bytes a sample. Scores, and
    integers below `num_classes`, are counted at once.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` int, classes, negative ones too; `(N,)` float, probabilities of class 1; or
            `(N, C, ...)` scores.
        y: `(N,)`, `(N, 1)` or `(N, ...)` int; or `(N, C)`, float scores or one-hot.

    Args:
        num_classes: classes are `[0, num_classes)`; targets outside of them are left out.
        ignore_index: as in `ClassificationMetric`.
        output_transform, options: as in `Metric`.
        check_compute_fn: there is nothing to be checked.
    """

    _predicted: list[Tensor]
    _targets: list[Tensor]
    _num_strays: Tensor | float
    _num_not_one_hot: Tensor | float

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        *,
        num_classes: int | None = None,
        ignore_index: int | None = None,
        **options: Unpack[MetricOptions],
    ) -> None:
        if num_classes is not None and num_classes < 2:
            raise ValueError(f"`num_classes` should be at least 2, got {num_classes}.")
        warn_unchecked(check_compute_fn)
        super().__init__(output_transform, ignore_index=ignore_index, **options)
        self.num_classes = num_classes
        self.add_state("_predicted", [], reduce="cat")
        self.add_state("_targets", [], reduce="cat")
        self.add_state("_num_strays", 0, reduce="sum")
        self.add_state("_num_not_one_hot", 0, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Counts or keeps a batch `(y_pred, y)`.

        Raises:
            ValueError: the shapes do not go together, or scores are not of `num_classes` classes.
            RuntimeError: scores follow classes, or the other way round.
        """
        y_pred, y = tensors(output, "y_pred", "y")
        if y_pred.ndim == 2 and y_pred.shape == y.shape and y.shape[1] > 1:
            y_pred, y = self.take(y_pred, y)
            y = self._class_of_each(y)
        is_of_one = y_pred.shape == y.shape or y_pred.shape == (*y.shape, 1)
        are_classes = is_of_one and not y_pred.is_floating_point()
        is_counted = not are_classes or self.num_classes is not None
        if self._predicted if is_counted else self._counts is not None:
            raise RuntimeError("Scores and classes were mixed. Call `reset` between.")
        if are_classes:
            self._take_classes(*self.take_pair((y_pred, y)))
            return
        super().update((y_pred, y))

    def begin(self, labels: Labels) -> None:
        """Sees that scores are of as many classes as was said."""
        if self.num_classes not in (None, labels.num_classes):
            raise ValueError(f"`y_pred` should score {self.num_classes} classes, got {labels.num_classes}.")

    def _class_of_each(self, y: Tensor) -> Tensor:
        """Classes `(N,)` of scores or one-hot targets `(N, C)`."""
        if not y.is_floating_point():
            y = y.long()
            is_one_hot = (y.abs().sum(1) == 1) & (y.amax(1) == 1)
            self._num_not_one_hot = self._num_not_one_hot + without_wait((~is_one_hot).count_nonzero())
        return y.argmax(1)

    def _take_classes(self, y_pred: Tensor, y: Tensor) -> None:
        # Copies, for whoever fills the same buffers with the next batch.
        predicted, target = _copied(y_pred), _copied(y)
        if self.num_classes is None:
            self._predicted.append(predicted)
            self._targets.append(target)
            return
        kept = None if self._ignore_index is None else target != self._ignore_index
        is_class = (predicted >= 0) & (predicted < self.num_classes)
        strays = ~is_class if kept is None else ~is_class & kept
        self._num_strays = self._num_strays + without_wait(strays.count_nonzero())
        self.add_counts(count_pairs(predicted.clamp(0, self.num_classes - 1), target, self.num_classes, kept))

    def classes_and_counts(self) -> tuple[Tensor, Tensor]:
        """Classes, `(C,)` in order, some perhaps absent; and samples by true and predicted class, `(C, C)` doubles.

        Raises:
            NotComputableError: there is no sample.
            ValueError: a prediction is not among the `num_classes` classes, or targets `(N, C)` are not one-hot.
        """
        if self._num_not_one_hot:
            raise ValueError(
                f"Targets (N, C) should be one-hot, and {int(self._num_not_one_hot)} have no class or several. "
                f"{type(self).__name__} is not of labels of which any number may be set."
            )
        if self._num_strays:
            raise ValueError(
                f"Predictions should lie in [0, {self.num_classes}), and {int(self._num_strays)} do not. "
                "Give the `num_classes` that there are."
            )
        if not self._predicted:
            counts = self.confusion_counts()
            return torch.arange(len(counts)), counts
        predicted, target = torch.cat(self._predicted), torch.cat(self._targets)
        if self._ignore_index is not None:
            predicted, target = predicted[target != self._ignore_index], target[target != self._ignore_index]
        if len(target) == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        (low, high), (lowest, highest) = ([int(bound) for bound in part.aminmax()] for part in (predicted, target))
        lowest, highest = min(low, lowest), max(high, highest)
        span = highest - lowest + 1
        if span**2 <= _MOST_CELLS:  # counting them all, absent ones too, takes less than sorting the samples
            cells = predicted.add(target, alpha=span).sub_(lowest * (span + 1))
            counts = torch.zeros(span * span, dtype=torch.int64, device=cells.device)
            counts.index_add_(0, cells, torch.ones_like(cells))
            return torch.arange(lowest, highest + 1), counts.view(span, span).cpu().double()
        classes = cast(Tensor, torch.cat((predicted, target)).unique())
        predicted, target = torch.searchsorted(classes, predicted), torch.searchsorted(classes, target)
        return classes.cpu(), count_pairs(predicted, target, len(classes)).cpu().double()


def _copied(classes: Tensor) -> Tensor:
    """Classes `(N,)` in memory of their own."""
    if classes.ndim == 1 and classes.dtype == torch.int64:
        return classes.clone()
    return classes.flatten().to(torch.int64, copy=True)
