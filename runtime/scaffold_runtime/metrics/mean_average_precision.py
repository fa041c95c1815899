"""Average precision of each class, and its mean."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from .machinery.class_scores import ClassAverage, as_targets, check_average, over_classes
from .machinery.labels import form_of
from .machinery.pair_collection import PairCollection
from .machinery.score_collection import operating_points
from .metric import MetricOptions, identity

ROUNDING = 1e-6
"""How far a recall may stay below a threshold and still reach it: 0.3 is 0.30000001 in single precision."""


class MeanAveragePrecision(PairCollection):
    r"""Mean over classes of the precision at rising recall, weighted by how much the recall rises.

    $$\text{AP} = \sum_k (r_k - r_{k-1}) P_k$$

    The scores, each of which is a threshold, stay on the device until `reset`.

    Shapes:
        y_pred: `(N, C, ...)` float, scores of classes, or with `is_multilabel` of labels; or `(N, ...)`, of class 1.
        y: `(N, ...)` int, classes, or 0 and 1; with `is_multilabel`, the shape of `y_pred`.
        result: float in `[0, 1]`, higher is better; `(C,)` float64 with `class_mean=None`. An absent class
            has 0.

    Args:
        rec_thresholds: recalls $r_k$ in `[0, 1]`, at each of which $P_k$ is the precision of the highest threshold that
            reaches it, 0 if none does. All that there are, unless given.
        class_mean: "macro": the mean of the classes. "weighted": weighted by their frequency. "micro": of all scores
            together. None: each of them.
        is_multilabel: axis 1 counts labels of which any number may be set.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: an argument or a shape is not as said above; or, in `compute`, a score is NaN.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> precision = MeanAveragePrecision()
        >>> precision.update((torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]), torch.tensor([0, 1, 1])))
        >>> precision.compute()
        1.0
    """

    def __init__(
        self,
        rec_thresholds: Sequence[float] | Tensor | None = None,
        class_mean: ClassAverage | None = "macro",
        is_multilabel: bool = False,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        check_average("class_mean", class_mean)
        super().__init__(output_transform, **options)
        self.rec_thresholds = None if rec_thresholds is None else _checked(rec_thresholds)
        self.class_mean: ClassAverage | None = class_mean
        self._is_multilabel = is_multilabel

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(y_pred, y)`."""
        y_pred, y = self.take_pair(output)
        kind = form_of(y_pred, y, self._is_multilabel).kind
        scores = (y_pred.reshape(-1) if kind == "binary" else _samples_first(y_pred)).to(
            torch.promote_types(y_pred.dtype, torch.float32), copy=True
        )
        if kind == "binary":
            self.keep(scores, (y.reshape(-1) > 0).to(torch.uint8))
        else:
            self.keep(scores, as_targets(_samples_first(y) if kind == "multilabel" else y.reshape(-1)))

    def compute(self) -> float | Tensor:
        """The mean, or the value of each class."""
        scores, targets = self.collected()
        if scores.isnan().any():
            raise ValueError(f"MeanAveragePrecision ranks scores, and {int(scores.isnan().sum())} of them are NaN.")
        return over_classes(self._average_precision, scores, targets, self.class_mean)

    def _average_precision(self, scores: Tensor, targets: Tensor) -> float:
        true_positives, false_positives, _ = operating_points(scores, targets)
        precision = true_positives.to(self.double_dtype) / (true_positives + false_positives)
        recall = true_positives.to(self.double_dtype) / true_positives[-1].clamp(min=1)
        if self.rec_thresholds is not None:
            recall, precision = _at(self.rec_thresholds.to(recall), recall, precision)
        return (precision * recall.diff(prepend=recall.new_zeros(1))).sum().item()


def _at(thresholds: Tensor, recall: Tensor, precision: Tensor) -> tuple[Tensor, Tensor]:
    """The precision where each of the recalls is first reached."""
    # A last precision of 0 is that of recalls which are never reached.
    points = torch.searchsorted(recall, thresholds - ROUNDING)
    return thresholds, torch.cat((precision, precision.new_zeros(1)))[points]


def _checked(thresholds: Sequence[float] | Tensor) -> Tensor:
    recalls = torch.as_tensor(thresholds, dtype=torch.float64).cpu()
    if recalls.ndim != 1 or not ((recalls >= 0) & (recalls <= 1)).all():
        raise ValueError(f"`rec_thresholds` should be recalls in [0, 1], one after the other, got {thresholds}.")
    return recalls.sort().values


def _samples_first(tensor: Tensor) -> Tensor:
    return tensor if tensor.ndim == 2 else tensor.movedim(1, -1).reshape(-1, tensor.shape[1])
