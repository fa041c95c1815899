"""Cohen's kappa."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from .machinery.agreement import Agreement
from .metric import identity

Weights = Literal["linear", "quadratic"]


class CohenKappa(Agreement):
    r"""Agreement of predictions and targets beyond that of chance.

    $$\kappa = 1 - \frac{\sum_{ij} w_{ij} n_{ij}}{\sum_{ij} w_{ij} n_{i \cdot} n_{\cdot j} / N}$$

    Shapes:
        y_pred: `(N,)` or `(N, 1)` int, classes; `(N,)` float, probabilities of class 1; or `(N, C, ...)` scores.
        y: `(N,)` or `(N, ...)` int, classes; or `(N, C)` one-hot, or float scores.
        result: float in `[-1, 1]`, higher is better; 0 by chance, NaN where all samples are of one class.

    Args:
        output_transform: as in `Metric`.
        weights: what taking class $i$ for $j$ weighs: None: 1. "linear": $|i - j|$. "quadratic": $(i - j)^2$.
        check_compute_fn: there is nothing to be checked.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.
        num_classes: counts classes at once, where they are `[0, num_classes)`; otherwise they are kept.
        ignore_index: as in `ClassificationMetric`.

    Raises:
        ValueError: an argument or a shape is not as said above; or, in `compute`, a target is not one-hot.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> kappa = CohenKappa()
        >>> kappa.update((torch.tensor([0, 0, 2, 2, 0, 2]), torch.tensor([2, 0, 2, 2, 0, 1])))
        >>> round(kappa.compute(), 4)
        0.4286

    References:
        Cohen, A coefficient of agreement for nominal scales, 1960.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        weights: Weights | None = None,
        check_compute_fn: bool = False,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
        num_classes: int | None = None,
        *,
        ignore_index: int | None = None,
    ) -> None:
        if weights not in (None, "linear", "quadratic"):
            raise ValueError(f"`weights` should be None, 'linear' or 'quadratic', got {weights!r}.")
        super().__init__(
            output_transform,
            check_compute_fn,
            num_classes=num_classes,
            ignore_index=ignore_index,
            device=device,
            skip_unrolling=skip_unrolling,
        )
        self.weights: Weights | None = weights

    def compute(self) -> float:
        """Kappa."""
        classes, counts = self.classes_and_counts()
        weights = _weights(classes.double(), self.weights)
        by_chance = torch.outer(counts.sum(1), counts.sum(0)) / counts.sum()
        return 1 - ((weights * counts).sum() / (weights * by_chance).sum()).item()


def _weights(classes: Tensor, kind: Weights | None) -> Tensor:
    distance = (classes[:, None] - classes).abs()
    if kind is None:
        return (distance > 0).double()
    return distance if kind == "linear" else distance.square()
