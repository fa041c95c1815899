"""CanberraMetric."""

import pytest
import torch
from scipy.spatial.distance import canberra

from scaffold_runtime.metrics.regression import CanberraMetric


@pytest.mark.parametrize("how", [{}, {"dtype": torch.float16}, {"levels": 3}])
def test_numbers(contract, draw_pairs, how):
    """It is SciPy's, where both numbers are 0 too."""
    batches, y_pred, y = draw_pairs(**how)
    contract(CanberraMetric, batches, canberra(y, y_pred))
