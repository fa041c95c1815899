"""GeometricMeanAbsoluteError."""

import numpy as np
import pytest
import torch
from scipy.stats import gmean

from scaffold_runtime.metrics.regression import GeometricMeanAbsoluteError


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_numbers(contract, draw_pairs, dtype):
    """It is SciPy's geometric mean of the absolute differences."""
    batches, y_pred, y = draw_pairs(dtype)
    contract(GeometricMeanAbsoluteError, batches, gmean(np.abs(y - y_pred)))


def test_an_exact_prediction():
    """One exact prediction makes it 0."""
    metric = GeometricMeanAbsoluteError()
    metric.update((torch.tensor([1.0, 1.0]), torch.tensor([1.0, 3.0])))
    assert metric.compute() == 0.0
