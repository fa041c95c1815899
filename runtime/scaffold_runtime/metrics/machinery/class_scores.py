"""Metrics of the order of scores where there are several classes or labels: one value for each, averaged."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal, Unpack

import torch
from torch import Tensor

from ..metric import MetricOptions, identity
from .score_collection import ScoreCollection

ClassAverage = Literal["macro", "micro", "weighted"]


class ClassScores(ScoreCollection):
    """Base of metrics that rank the samples for each class; all scores stay on the device until `reset`.

    Shapes:
        y_pred: `(N,)` or `(N, 1)` float, scores of class 1; or `(N, C)`, of each class or label; only their
            order counts.
        y: `(N,)` or `(N, 1)`, 0 and 1; of classes `(N,)` int; of labels `(N, C)`, 0 and 1.

    Args:
        average: what becomes of the classes' values, each class against the others. "macro": their mean. "weighted":
            their mean weighted by the classes' frequency. "micro": one value, of all scores together. None: they are
            given as they are. It says nothing where there is one score for a sample.
        output_transform, options: as in `Metric`.
        check_compute_fn: there is nothing to be checked.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        *,
        average: ClassAverage | None = "macro",
        **options: Unpack[MetricOptions],
    ) -> None:
        check_average("average", average)
        super().__init__(output_transform, check_compute_fn, **options)
        self.average: ClassAverage | None = average

    @staticmethod
    @abstractmethod
    def value(scores: Tensor, targets: Tensor) -> float:
        """The value of one class, from scores and targets `(N,)`, of which 1 is the class."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(y_pred, y)`.

        Raises:
            ValueError: the shapes do not go together, or with those before.
        """
        y_pred, y = self.take_pair(output)
        if y_pred.ndim != 2 or y_pred.shape[1] == 1:
            super().update((y_pred, y))
            return
        if y.shape not in (y_pred.shape, y_pred.shape[:1]):
            raise ValueError(
                f"`y_pred` and `y` should be (N,) or (N, 1), or (N, C) and (N,) or (N, C), "
                f"got {tuple(y_pred.shape)} and {tuple(y.shape)}."
            )
        # In single precision the order of half-precision scores is the same, and copies are no views of a batch.
        self.keep(y_pred.to(torch.promote_types(y_pred.dtype, torch.float32), copy=True), as_targets(y))

    def compute(self) -> float | Tensor:
        """The value, or those of the classes."""
        return over_classes(self.value, *self.collected(), self.average)


def check_average(name: str, average: str | None) -> None:
    """Sees that there is such an average.

    Raises:
        ValueError: there is none.
    """
    if average not in (None, "macro", "micro", "weighted"):
        raise ValueError(f"`{name}` should be None, 'macro', 'micro' or 'weighted', got {average!r}.")


def as_targets(y: Tensor) -> Tensor:
    """A copy of classes `(N,)`, or of labels `(N, C)` in a byte each."""
    return y.to(torch.int64, copy=True) if y.ndim == 1 else (y > 0).to(torch.uint8)


def over_classes(
    value: Callable[[Tensor, Tensor], float], scores: Tensor, targets: Tensor, average: ClassAverage | None
) -> float | Tensor:
    """The value of one class against the others, averaged; of scores `(N,)`, the one that there is."""
    if scores.ndim == 1:
        return value(scores, targets)
    if targets.ndim == 1:
        targets = (targets[:, None] == torch.arange(scores.shape[1], device=targets.device)).to(torch.uint8)
    if average == "micro":
        return value(scores.flatten(), targets.flatten())
    pairs = zip(scores.unbind(1), targets.unbind(1), strict=True)
    values = torch.tensor([value(*pair) for pair in pairs], dtype=torch.float64)
    if average is None:
        return values
    if average == "macro":
        return values.mean().item()
    support = targets.sum(0).cpu().double()
    if not support.any():  # each class is absent
        return values.mean().item()
    # A class that never occurs weighs nothing, also where it has no value.
    return (torch.where(support > 0, values, 0) @ support / support.sum()).item()
