"""ExplainedVariance."""

import pytest
import torch
from sklearn.metrics import explained_variance_score

from scaffold_runtime.metrics.regression import ExplainedVariance


@pytest.mark.parametrize("how", [{}, {"levels": 3}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is scikit-learn's."""
    batches, y_pred, y = draw_pairs(**how)
    contract(ExplainedVariance, batches, explained_variance_score(y, y_pred))


def test_a_small_spread_far_from_zero(contract, draw_pairs):
    """Nothing is lost where the mean is a thousand million times the spread."""
    batches, y_pred, y = draw_pairs(torch.float64, mean=1e6, spread=1e-3)
    contract(ExplainedVariance, batches, explained_variance_score(y - 1e6, y_pred - 1e6), atol=0, rtol=1e-6)


@pytest.mark.parametrize(("predictions", "expected"), [([3.0, 3.0], 1.0), ([2.0, 3.0], 0.0)])
def test_equal_targets(predictions, expected):
    """Where targets do not vary it is scikit-learn's too: a bias alone leaves nothing to explain."""
    metric = ExplainedVariance()
    metric.update((torch.tensor(predictions), torch.tensor([2.0, 2.0])))
    assert metric.compute() == expected == explained_variance_score([2.0, 2.0], predictions)
