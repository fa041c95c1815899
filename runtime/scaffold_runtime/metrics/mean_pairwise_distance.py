"""The mean distance between predicted and true vectors."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor
from torch.nn.functional import pairwise_distance

from .machinery.mean_over_samples import MeanOverSamples
from .metric import MetricOptions, identity


class MeanPairwiseDistance(MeanOverSamples):
    r"""Mean p-norm distance between each sample's predicted and true vector.

    $$\frac{1}{N} \sum_{i=1}^{N} \lVert y_i - \hat{y}_i + \epsilon \rVert_p$$

    Shapes:
        y_pred: `(N, D)` float.
        y: `(N, D)`.
        result: float in `[0, ∞)`, lower is better.

    Args:
        p: of the norm.
        eps: added to each difference, as in `torch.nn.functional.pairwise_distance`.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes differ, or samples are no vectors.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> distance = MeanPairwiseDistance(eps=0.0)
        >>> distance.update((torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 0.0]])))
        >>> distance.compute()
        5.0
    """

    def __init__(
        self,
        p: float = 2,
        eps: float = 1e-6,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, **options)
        self._p = p
        self._eps = eps

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Distances, one for each sample."""
        if y_pred.ndim != 2:
            raise ValueError(
                f"`y_pred` and `y` should be (N, D), a vector for each sample, got {tuple(y_pred.shape)} and "
                f"{tuple(y.shape)}. Flatten samples in an `output_transform`."
            )
        return pairwise_distance(y_pred, y, p=self._p, eps=self._eps)
