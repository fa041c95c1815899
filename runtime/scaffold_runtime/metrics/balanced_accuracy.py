"""Balanced accuracy: every class counts the same."""

from collections.abc import Callable
from typing import Any, Unpack

from .machinery.confusion_counts import ConfusionCounts
from .metric import MetricOptions, identity


class BalancedAccuracy(ConfusionCounts):
    r"""Mean over the classes that occur of the fraction of their samples that is found.

    $$\frac{1}{C} \sum_{c=1}^{C} \frac{TP_c}{TP_c + FN_c}$$

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; samples of other targets are left out.
        result: float in `[0, 1]`, higher is better; adjusted, in `[-1 / (C - 1), 1]`, and NaN if one class occurs.

    Args:
        adjusted: scaled so that guessing has 0.
        ignore_index: as in `ClassificationMetric`.
        output_transform, options: as in `Metric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> accuracy = BalancedAccuracy()
        >>> accuracy.update((torch.tensor([1, 1, 0, 1]), torch.tensor([1, 1, 1, 0])))
        >>> round(accuracy.compute(), 4)
        0.3333

    References:
        Brodersen et al., The balanced accuracy and its posterior distribution, 2010.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        adjusted: bool = False,
        *,
        ignore_index: int | None = None,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, ignore_index=ignore_index, **options)
        self.adjusted = adjusted

    def compute(self) -> float:
        """The mean."""
        counts = self.confusion_counts()
        occurs = counts.sum(1) > 0
        mean = (counts.diagonal()[occurs] / counts.sum(1)[occurs]).mean().item()
        if not self.adjusted:
            return mean
        by_guessing = 1 / int(occurs.sum())
        return (mean - by_guessing) / (1 - by_guessing) if by_guessing < 1 else float("nan")
