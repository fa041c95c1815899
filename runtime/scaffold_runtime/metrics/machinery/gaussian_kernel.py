"""The Gaussian kernel between samples."""

import torch
from torch import Tensor


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Squared Euclidean distances of the rows of `x` and `y`, `(N, M)`."""
    # As a product of matrices; about a row of the data, so that numbers are not large where distances are small.
    x, y = x - x[:1], y - x[:1]
    return (x.square().sum(1, keepdim=True) + y.square().sum(1) - 2 * x @ y.T).clamp(min=0)


def gaussian(distances: Tensor, variance: Tensor | float) -> Tensor:
    """The kernel's values at squared distances; 1 at no distance, whatever the variance.

    Example:
        >>> gaussian(torch.tensor([0.0, 2.0]), 1.0)
        tensor([1.0000, 0.3679])
    """
    return torch.where(distances == 0, distances, distances / variance).mul(-0.5).exp()


def off_diagonal(matrix: Tensor) -> Tensor:
    """The square matrix with zeros on its diagonal."""
    return matrix * (1 - torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device))
