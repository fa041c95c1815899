"""GeometricMeanRelativeAbsoluteError."""

import numpy as np
import pytest
import torch
from scipy.stats import gmean

from scaffold_runtime.metrics.regression import GeometricMeanRelativeAbsoluteError


@pytest.mark.parametrize("how", [{}, {"mean": 1e3}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is SciPy's geometric mean of the absolute differences by the distances from the mean of all targets."""
    batches, y_pred, y = draw_pairs(**how)
    contract(GeometricMeanRelativeAbsoluteError, batches, gmean(np.abs(y - y_pred) / np.abs(y - y.mean())))


@pytest.mark.parametrize(("predictions", "expected"), [([1.0, 0.0], 0.0), ([2.0, 2.0], 1.0)])
def test_exact_and_mean_predictions(predictions, expected):
    """One exact prediction makes it 0; to predict the mean always, 1."""
    metric = GeometricMeanRelativeAbsoluteError()
    metric.update((torch.tensor(predictions), torch.tensor([1.0, 3.0])))
    assert metric.compute() == expected


def test_equal_targets():
    """No target is away from the mean of targets that are alike, so that any error is infinitely large."""
    metric = GeometricMeanRelativeAbsoluteError()
    metric.update((torch.full((3,), 0.2, dtype=torch.float64), torch.full((3,), 0.1, dtype=torch.float64)))
    assert metric.compute() == np.inf
