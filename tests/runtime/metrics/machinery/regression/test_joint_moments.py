"""Moments of two series, and how parts are merged."""

import sys

import numpy as np
import torch

from scaffold_runtime.metrics.machinery.regression.joint_moments import merge_moments
from scaffold_runtime.metrics.regression import PearsonCorrelation


def _of(left, right, *, batch_size=1):
    metric = PearsonCorrelation()
    for start in range(0, len(left), batch_size):
        metric.update((left[start : start + batch_size], right[start : start + batch_size]))
    return metric


def test_an_outlier_first(draw):
    """A first sample a million spreads away costs no more than the five digits of the number of samples."""
    left, right = torch.randn(2, 10_000, generator=draw, dtype=torch.float64)
    left[0], right[0] = 1e6, -1e6
    means, comoments = _of(left, right, batch_size=100).moments()
    # Sums of 100 in each of 100 batches, about 10,000 times larger than what is left of them about the mean.
    rtol = (100 + 100) * 10_000 * sys.float_info.epsilon
    np.testing.assert_allclose(means, np.array([left.numpy().mean(), right.numpy().mean()]), rtol=rtol)
    np.testing.assert_allclose(comoments, np.cov(left, right, ddof=0) * 10_000, rtol=rtol)


def test_parts(draw):
    """Parts merge to the moments of all samples, whatever their origins, and one without samples counts for nothing."""
    left, right = 1e3 + torch.randn(2, 90, generator=draw, dtype=torch.float64)
    cuts = [slice(0, 0), slice(0, 10), slice(10, 80), slice(80, 90)]
    parts = [_of(left[cut], right[cut])._moments for cut in cuts]
    whole = merge_moments(torch.stack(parts))
    np.testing.assert_allclose(whole[1:, 3], [left.mean(), right.mean()], rtol=1e-12)
    np.testing.assert_allclose(whole[1:, 1:3], np.cov(left, right, ddof=0) * 90, rtol=1e-9)
    assert whole[0, 0] == 90


def test_nothing_varies():
    """Where nothing varies, comoments are exactly 0, over several parts too."""
    same = torch.full((7,), 0.1, dtype=torch.float64)
    parts = [_of(same[:count], same[:count])._moments for count in (0, 7, 3)]
    assert merge_moments(torch.stack(parts))[1:, 1:3].abs().sum() == 0
