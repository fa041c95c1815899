"""MaximumMeanDiscrepancy."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from scaffold_runtime.metrics import MaximumMeanDiscrepancy


def _squared(x, y, var):
    """The estimate of one batch, pair by pair."""
    x, y = x.flatten(1).double().numpy(), y.flatten(1).double().numpy()
    within = [np.exp(-cdist(z, z, "sqeuclidean")[i, j] / (2 * var)) for z in (x, y) for i, j in _pairs(len(z))]
    return 2 * np.mean(within) - 2 * np.exp(-cdist(x, y, "sqeuclidean") / (2 * var)).mean()


def _pairs(size):
    return [(i, j) for i in range(size) for j in range(size) if i != j]


@pytest.mark.parametrize(("var", "dtype", "shape"), [(1.0, torch.float32, (3,)), (4.0, torch.float16, (2, 2))])
def test_samples(contract, draw, var, dtype, shape):
    """It is the root of the mean of the estimates made pair by pair."""
    batches = [
        (torch.randn(n, *shape, generator=draw).to(dtype), torch.randn(n, *shape, generator=draw).to(dtype) + 1)
        for n in (6, 7, 3, 4)
    ]
    contract(
        partial(MaximumMeanDiscrepancy, var), batches, np.mean([_squared(*batch, var) for batch in batches]) ** 0.5
    )


@pytest.mark.parametrize("spread", [0.01, 3.0, 300.0])
def test_near_and_far(draw, spread):
    """Samples that are near each other are told apart however far others are."""
    near = torch.randn(40, 5, generator=draw) * 0.3
    centres = (torch.randn(20, 5, generator=draw) * spread).repeat(2, 1)
    x, y = centres + near, centres + near.flip(0) + 0.1
    metric = MaximumMeanDiscrepancy()
    metric.update((x, y))
    assert metric.compute() == pytest.approx(max(_squared(x, y, 1.0), 0) ** 0.5, rel=1e-4, abs=1e-6)


def test_one_distribution():
    """Samples that are the same are no distance apart, though the estimate is below 0."""
    metric = MaximumMeanDiscrepancy()
    x = torch.tensor([[0.0], [1.0], [3.0]])
    metric.update((x, x))
    assert _squared(x, x, 1.0) < 0
    assert metric.compute() == 0.0


@pytest.mark.parametrize(("x", "y"), [((4, 3), (5, 3)), ((4,), (4,)), ((1, 3), (1, 3))])
def test_wrong_shapes(x, y):
    """Both have two samples or more, and one shape, with features."""
    with pytest.raises(ValueError, match=r"^`x` and `y` should be \(N, \.\.\.\) of one shape, with two") as caught:
        MaximumMeanDiscrepancy().update((torch.zeros(x), torch.zeros(y)))
    assert f"got {x} and {y}. " in str(caught.value)
