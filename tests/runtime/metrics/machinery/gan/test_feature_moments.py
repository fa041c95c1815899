"""Moments of features."""

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.machinery.gan.feature_moments import (
    add_features,
    mean_and_covariance,
    merge_moments,
    no_moments,
)


def _moments(features, sizes):
    moments, seen = no_moments(features.shape[1]), 0
    for part in features.split(sizes):
        add_features(moments, part, num_before=seen)
        seen += len(part)
    return moments


@pytest.mark.parametrize("mean", [0, 1e6])
def test_batches(draw, mean):
    """They are NumPy's, batch by batch, a single and no sample included, however far from zero."""
    features = mean + torch.randn(20, 3, generator=draw, dtype=torch.float64)
    mean, covariance = mean_and_covariance(_moments(features, [7, 1, 0, 12]))
    np.testing.assert_allclose(mean, features.numpy().mean(0), rtol=1e-14)
    np.testing.assert_allclose(covariance, np.cov(features.numpy().T), rtol=1e-8)


@pytest.mark.parametrize("mean", [0, 1e6])
def test_processes(draw, mean):
    """Moments of parts, an empty one among them, merge to those of the whole."""
    features = mean + torch.randn(20, 3, generator=draw, dtype=torch.float64)
    parts = [_moments(part, [len(part)]) for part in features.split([4, 0, 15, 1])]
    merged = merge_moments(torch.stack(parts))
    torch.testing.assert_close(merged, _moments(features, [20]), rtol=1e-8, atol=1e-8)


def test_nothing():
    """Moments of nothing merge to nothing, not to NaN."""
    assert not merge_moments(torch.stack([no_moments(2)] * 3)).any()
