"""MeanAbsolutePercentageError."""

import pytest
import torch
from sklearn.metrics import mean_absolute_percentage_error

from scaffold_runtime.metrics.regression import MeanAbsolutePercentageError


@pytest.mark.parametrize("how", [{}, {"mean": 5}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is scikit-learn's fraction, in per cent."""
    batches, y_pred, y = draw_pairs(**how)
    contract(MeanAbsolutePercentageError, batches, 100 * mean_absolute_percentage_error(y, y_pred))


@pytest.mark.parametrize(("prediction", "expected"), [(0.0, 25.0), (3.0, float("inf"))])
def test_a_target_of_zero(prediction, expected):
    """Only an exact prediction of 0 has a finite error."""
    metric = MeanAbsolutePercentageError()
    metric.update((torch.tensor([1.0, prediction]), torch.tensor([2.0, 0.0])))
    assert metric.compute() == expected
