"""Means and covariances of features, one batch after the other, and of several processes.

Moments are one tensor, `(2 + D, D)` for D features: a row of the number of samples, a row of means, and the sum
of products of deviations from the means. About the means nothing is lost, however far from zero they are.
"""

import torch
from torch import Tensor


def no_moments(num_features: int) -> Tensor:
    """The moments of no sample."""
    return torch.zeros(2 + num_features, num_features, dtype=torch.float64)


def add_features(moments: Tensor, features: Tensor, *, num_before: int) -> None:
    """Adds a batch, `(N, D)`, to the moments of `num_before` samples, in place."""
    num_new = features.shape[0]
    if num_new == 0:
        return
    num_all = num_before + num_new
    mean = features.mean(0)
    move = mean - moments[1]
    # Both means move to a new one; what that adds to the products is one more row.
    rows = torch.cat((features - mean, (move * (num_before * num_new / num_all) ** 0.5).unsqueeze(0)))
    moments[0] += num_new
    moments[1] += move * (num_new / num_all)
    moments[2:].addmm_(rows.T, rows)


def merge_moments(parts: Tensor) -> Tensor:
    """The moments of all samples, from those of their parts, `(K, 2 + D, D)`.

    References:
        Chan, Golub and LeVeque, Algorithms for Computing the Sample Variance, 1983.
    """
    counts, means = parts[:, 0], parts[:, 1]
    mean = (counts * means).sum(0) / counts.sum(0).clamp(min=1)
    rows = counts.sqrt() * (means - mean)
    return torch.cat((counts.sum(0)[None], mean[None], parts[:, 2:].sum(0) + rows.T @ rows))


def mean_and_covariance(moments: Tensor) -> tuple[Tensor, Tensor]:
    """The means, `(D,)`, and the unbiased covariance, `(D, D)`, of two samples or more."""
    return moments[1], moments[2:] / (moments[0] - 1)
