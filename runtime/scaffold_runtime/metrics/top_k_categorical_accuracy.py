"""How often the target is among the k classes of the highest scores."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .metric import Metric, MetricOptions, identity


class TopKCategoricalAccuracy(Metric):
    """Fraction of samples whose target is among the `k` classes that score highest.

    Shapes:
        y_pred: `(N, C)` float, scores.
        y: `(N,)` int, class indices in `[0, C)`.
        result: float in `[0, 1]`, higher is better.

    Args:
        k: how many classes are looked at; all of them where there are fewer.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes do not go together, or `k` is below 1.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> accuracy = TopKCategoricalAccuracy(k=2)
        >>> accuracy.update((torch.tensor([[0.1, 0.6, 0.3], [0.7, 0.2, 0.1]]), torch.tensor([2, 2])))
        >>> accuracy.compute()
        0.5
    """

    _num_correct: Tensor
    _num_examples: int

    def __init__(
        self, k: int = 5, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]
    ) -> None:
        if k < 1:
            raise ValueError(f"`k` should be at least 1, got {k}.")
        super().__init__(output_transform, **options)
        self._k = k
        self.add_state("_num_correct", torch.tensor(0), reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Counts a batch `(y_pred, y)`."""
        y_pred, y = self.take_pair(output)
        if y_pred.ndim != 2 or y_pred.shape[:1] != y.shape:
            raise ValueError(
                f"`y_pred` and `y` should be (N, C) and (N,), got {tuple(y_pred.shape)} and {tuple(y.shape)}."
            )
        best = y_pred.topk(min(self._k, y_pred.shape[1]), dim=1).indices
        self._num_correct.add_((best == y.unsqueeze(1)).count_nonzero())
        self._num_examples += y.shape[0]

    def compute(self) -> float:
        """Samples whose target was found by all samples."""
        if self._num_examples == 0:
            raise NotComputableError("TopKCategoricalAccuracy has seen no sample. Call `update` before `compute`.")
        return self._num_correct.item() / self._num_examples
