"""The mean cosine between predicted and true vectors."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor
from torch.nn.functional import cosine_similarity

from .machinery.mean_over_samples import MeanOverSamples
from .metric import MetricOptions, identity


class CosineSimilarity(MeanOverSamples):
    r"""Mean cosine of the angle between each sample's predicted and true vector.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{y_i \cdot \hat{y}_i}
    {\max(\lVert y_i \rVert, \epsilon) \max(\lVert \hat{y}_i \rVert, \epsilon)}$$

    Shapes:
        y_pred: `(N, D, ...)` float.
        y: the shape of `y_pred`.
        result: float in `[-1, 1]`, higher is better.

    Args:
        eps: the least norm, so that a vector of zeros has similarity 0.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: the shapes differ, or samples are no vectors.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> similarity = CosineSimilarity()
        >>> similarity.update((torch.tensor([[1.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.0, 2.0], [2.0, 2.0]])))
        >>> round(similarity.compute(), 4)
        0.5
    """

    def __init__(
        self, eps: float = 1e-8, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]
    ) -> None:
        super().__init__(output_transform, **options)
        self.eps = eps

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Cosines, one for each sample."""
        if y_pred.ndim < 2:
            raise ValueError(
                f"`y_pred` and `y` should be (N, D, ...), a vector for each sample, got {tuple(y_pred.shape)} and "
                f"{tuple(y.shape)}. Stack them in an `output_transform`."
            )
        if y_pred.ndim > 2:
            y_pred, y = y_pred.flatten(1), y.flatten(1)
        y = y if y.dtype == y_pred.dtype else y.to(y_pred.dtype)
        return cosine_similarity(y_pred, y, dim=1, eps=self.eps)
