"""SpearmanRankCorrelation."""

import pytest
import torch
from scipy.stats import spearmanr

from scaffold_runtime.metrics.regression import SpearmanRankCorrelation


@pytest.mark.parametrize("how", [{}, {"levels": 3}, {"levels": 20}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is SciPy's, with few ties and many."""
    batches, y_pred, y = draw_pairs(**how)
    contract(SpearmanRankCorrelation, batches, spearmanr(y_pred, y).statistic)


@pytest.mark.parametrize("predictions", [[1.0, 1.0, 1.0], [1.0, float("nan"), 2.0]])
def test_no_order(predictions):
    """There is no value where nothing varies, or where a number has no place in an order."""
    metric = SpearmanRankCorrelation()
    metric.update((torch.tensor(predictions), torch.tensor([1.0, 2.0, 3.0])))
    assert metric.compute() != metric.compute()
