"""HSIC."""

import math
from functools import partial
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from scaffold_runtime.metrics import HSIC


def _kernel(x, sigma):
    distances = cdist(x, x, "sqeuclidean")
    return np.exp(-distances / (2 * (np.median(distances) if sigma < 0 else sigma**2)))


def _criterion(x, y, sigma_x, sigma_y):
    """The estimate as the U-statistic that it is: a mean over all quadruples of different samples."""
    k, m = _kernel(x.flatten(1).double(), sigma_x), _kernel(y.flatten(1).double(), sigma_y)
    terms = [k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in permutations(range(len(x)), 4)]
    return math.fsum(terms) / len(terms)


@pytest.mark.parametrize(("sigma_x", "sigma_y", "dtype"), [(-1, -1, torch.float32), (1.5, 0.7, torch.float16)])
def test_dependent(contract, draw, sigma_x, sigma_y, dtype):
    """It is the mean over batches of the U-statistic, with either kind of sigma; a batch of three is left out."""
    x = [torch.randn(n, 2, 3, generator=draw).to(dtype) for n in (6, 7, 3, 4)]
    batches = [(part, part.flatten(1)[:, :4]) for part in x]
    expected = np.mean([_criterion(*batch, sigma_x, sigma_y) for batch in batches if len(batch[0]) >= 4])
    assert expected > 1e-3
    contract(partial(HSIC, sigma_x, sigma_y), batches, expected)


def test_independent(draw):
    """Estimates below 0 count: their mean goes to 0 with their number."""
    metric = HSIC()
    batches = [torch.randn(2, 8, 2, generator=draw) for _ in range(300)]
    for x, y in batches:
        metric.update((x, y))
    own = [HSIC() for _ in batches]
    for one, (x, y) in zip(own, batches, strict=True):
        one.update((x, y))
    raised = np.mean([one.compute() for one in own])
    assert metric.compute() < raised / 5


def test_below_zero():
    """A mean estimate below 0 is no dependence."""
    metric = HSIC()
    x, y = torch.tensor([0.0, 0.0, 1.0, 1.0, 2.0]), torch.tensor([0.0, 1.0, 0.0, 2.0, 1.0])
    metric.update((x, y))
    assert _criterion(x.unsqueeze(1), y.unsqueeze(1), -1, -1) < 0
    assert metric.compute() == 0.0


def test_nothing_varies():
    """What does not vary depends on nothing."""
    metric = HSIC()
    metric.update((torch.full((5, 2), 0.1), torch.arange(5.0)))
    assert metric.compute() == pytest.approx(0.0, abs=1e-12)


def test_wrong_input():
    """Batches of different sizes are refused, and of three samples, if they are not to be ignored."""
    with pytest.raises(ValueError, match=r"^`y_pred` and `y` should be .* got \(4, 3\) and \(5, 3\)\. Bring them"):
        HSIC().update((torch.zeros(4, 3), torch.zeros(5, 3)))
    with pytest.raises(ValueError, match=r"^A batch should have four samples or more, got 3\. Set `ignore_invalid_b"):
        HSIC(ignore_invalid_batch=False).update((torch.zeros(3, 3), torch.zeros(3, 3)))
