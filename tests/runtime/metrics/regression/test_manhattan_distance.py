"""ManhattanDistance."""

import pytest
import torch
from scipy.spatial.distance import cityblock

from scaffold_runtime.metrics.regression import ManhattanDistance


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_numbers(contract, draw_pairs, dtype):
    """It is SciPy's city-block distance, of any float."""
    batches, y_pred, y = draw_pairs(dtype)
    contract(ManhattanDistance, batches, cityblock(y, y_pred))
