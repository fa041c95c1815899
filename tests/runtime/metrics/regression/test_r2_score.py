"""R2Score."""

import pytest
import torch
from sklearn.metrics import r2_score

from scaffold_runtime.metrics.regression import R2Score


@pytest.mark.parametrize("how", [{}, {"levels": 3}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is scikit-learn's."""
    batches, y_pred, y = draw_pairs(**how)
    contract(R2Score, batches, r2_score(y, y_pred))


def test_a_small_spread_far_from_zero(contract, draw_pairs):
    """Nothing is lost where the mean is a thousand million times the spread."""
    batches, y_pred, y = draw_pairs(torch.float64, mean=1e6, spread=1e-3)
    contract(R2Score, batches, r2_score(y - 1e6, y_pred - 1e6), atol=0, rtol=1e-6)


@pytest.mark.parametrize(("predictions", "expected"), [([2.0, 2.0], 1.0), ([2.0, 3.0], 0.0)])
def test_equal_targets(predictions, expected):
    """Where targets do not vary it is scikit-learn's too."""
    metric = R2Score()
    metric.update((torch.tensor(predictions), torch.tensor([2.0, 2.0])))
    assert metric.compute() == expected == r2_score([2.0, 2.0], predictions)


def test_one_sample():
    """One sample has no variation."""
    metric = R2Score()
    metric.update((torch.tensor([1.0]), torch.tensor([1.0])))
    assert metric.compute() != metric.compute()
