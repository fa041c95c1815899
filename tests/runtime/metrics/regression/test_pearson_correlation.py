"""PearsonCorrelation."""

from functools import partial

import pytest
import torch
from scipy.stats import pearsonr

from scaffold_runtime.metrics.regression import PearsonCorrelation


@pytest.mark.parametrize("how", [{}, {"levels": 3}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is SciPy's."""
    batches, y_pred, y = draw_pairs(**how)
    contract(PearsonCorrelation, batches, pearsonr(y_pred, y).statistic)


def test_a_small_spread_far_from_zero(contract, draw_pairs):
    """Six digits are right where the mean is a thousand million times the spread, of which doubles keep seven."""
    batches, y_pred, y = draw_pairs(torch.float64, mean=1e6, spread=1e-3)
    expected = pearsonr(y_pred - 1e6, y - 1e6).statistic
    contract(partial(PearsonCorrelation, eps=0.0), batches, expected, atol=1e-7, rtol=0)


def test_batches_far_apart(contract, draw):
    """Batches may lie anywhere, and each may be a single sample."""
    batches = [(x, 2 * x + 1) for x in (torch.tensor([value], dtype=torch.float64) for value in (0, 1e6, -3e9))]
    contract(PearsonCorrelation, batches, 1.0, atol=0, rtol=1e-12)


@pytest.mark.parametrize("numbers", [[2.0], [2.0, 2.0, 2.0]])
def test_nothing_varies(numbers):
    """What does not vary is not correlated."""
    metric = PearsonCorrelation()
    metric.update((torch.tensor(numbers), torch.arange(float(len(numbers)))))
    assert metric.compute() == 0.0
