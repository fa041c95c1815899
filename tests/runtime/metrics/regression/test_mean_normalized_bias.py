"""MeanNormalizedBias."""

import pytest
import torch

from scaffold_runtime.metrics.regression import MeanNormalizedBias


@pytest.mark.parametrize("how", [{"mean": 5}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is 1 less the mean ratio of predictions to targets."""
    batches, y_pred, y = draw_pairs(**how)
    contract(MeanNormalizedBias, batches, 1 - (y_pred / y).mean())


@pytest.mark.parametrize(("prediction", "expected"), [(0.0, 0.25), (3.0, float("-inf"))])
def test_a_target_of_zero(prediction, expected):
    """Only an exact prediction of 0 has a finite error."""
    metric = MeanNormalizedBias()
    metric.update((torch.tensor([1.0, prediction]), torch.tensor([2.0, 0.0])))
    assert metric.compute() == expected
