"""The Gaussian kernel."""

import numpy as np
import torch
from scipy.spatial.distance import cdist

from scaffold_runtime.metrics.machinery.gaussian_kernel import gaussian, off_diagonal, squared_distances


def test_distances_far_from_zero(draw):
    """They are SciPy's, where the numbers are a thousand million times as large too."""
    x, y = torch.randn(5, 3, generator=draw).double(), torch.randn(4, 3, generator=draw).double()
    np.testing.assert_allclose(squared_distances(x + 1e9, y + 1e9), cdist(x, y, "sqeuclidean"), rtol=1e-5)


def test_no_variance():
    """Where all samples are alike, the kernel is 1 though the variance is 0."""
    same = torch.full((3, 2), 0.1)
    assert (gaussian(squared_distances(same, same), 0.0) == 1).all()


def test_off_diagonal():
    """All but the diagonal stays."""
    assert off_diagonal(torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[0.0, 2.0], [3.0, 0.0]]
