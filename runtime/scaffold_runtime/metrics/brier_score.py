"""The Brier score: the squared error of probabilities."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.classification_metric import ClassificationMetric
from .machinery.labels import Labels
from .metric import MetricOptions, identity


class BrierScore(ClassificationMetric):
    r"""Mean squared error of the predicted probabilities, summed over classes.

    $$\frac{1}{N} \sum_{i=1}^{N} \sum_{c=1}^{C} (p_{ic} - [y_i = c])^2$$

    Of binary data only class 1 is looked at, as is usual there: half of the sum over both.

    Shapes:
        y_pred: `(N, C, ...)` probabilities, classes on axis 1; or `(N, ...)`, those of class 1.
        y: `(N, ...)` int, class indices in `[0, C)`.
        result: float, lower is better; in `[0, 2]`, of binary data in `[0, 1]`.

    Args:
        check_values: look at the values of each batch, too; the host waits for the device then.
        ignore_index: as in `ClassificationMetric`.
        output_transform, options: as in `Metric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> score = BrierScore()
        >>> score.update((torch.tensor([0.5, 1.0]), torch.tensor([1, 1])))
        >>> score.compute()
        0.125

    References:
        Brier, Verification of forecasts expressed in terms of probability, 1950.
    """

    _sum: Tensor
    _num_examples: int | Tensor

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        *,
        check_values: bool = False,
        ignore_index: int | None = None,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, False, check_values=check_values, ignore_index=ignore_index, **options)
        self.add_state("_sum", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("_num_examples", self.none_seen, reduce="sum")

    def count(self, labels: Labels) -> None:
        """Adds a batch."""
        y_pred = labels.y_pred
        if self._check_values:
            _check_probabilities(y_pred)
        probabilities = y_pred.to(self.double_dtype)
        if labels.kind == "binary":
            errors = (probabilities.reshape(-1) - labels.target).square()
        else:
            by_class = probabilities.movedim(1, -1).reshape(-1, labels.num_classes)
            try:
                of_target = by_class.gather(1, labels.target.unsqueeze(1)).squeeze(1)
            except RuntimeError:  # on the CPU: a target is no class
                labels.check_values()
                raise
            # Off the target's class the error is the probability itself.
            errors = by_class.square().sum(1) - of_target.square() + (1 - of_target).square()
        self._sum.add_((errors if labels.kept is None else torch.where(labels.kept, errors, 0)).sum())
        self._num_examples += labels.num_kept

    def compute(self) -> float:
        """The sum by the number of samples."""
        if self._num_examples == 0:
            raise NotComputableError("BrierScore has seen no sample. Call `update` before `compute`.")
        return self._sum.item() / int(self._num_examples)


def _check_probabilities(y_pred: Tensor) -> None:
    # Scores of classes may be anything to the other metrics of labels, which do not look at them.
    if not ((y_pred >= 0) & (y_pred <= 1)).all():
        raise ValueError(
            f"BrierScore takes probabilities, got values from {y_pred.amin().item()} to {y_pred.amax().item()}. "
            "Pass logits through a softmax or sigmoid in `output_transform`."
        )
