"""MedianRelativeAbsoluteError."""

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.regression import MedianRelativeAbsoluteError


@pytest.mark.parametrize("how", [{}, {"mean": 1e3}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is NumPy's median of the differences by the distances from the mean of all targets."""
    batches, y_pred, y = draw_pairs(**how)
    contract(MedianRelativeAbsoluteError, batches, np.median(np.abs(y - y_pred) / np.abs(y - y.mean())))


def test_a_target_that_is_the_mean():
    """An exact prediction of it has no error."""
    metric = MedianRelativeAbsoluteError()
    metric.update((torch.tensor([2.0]), torch.tensor([2.0])))
    assert metric.compute() == 0.0


def test_equal_targets():
    """No target is away from the mean of targets that are alike, so that any error is infinitely large."""
    metric = MedianRelativeAbsoluteError()
    metric.update((torch.full((3,), 0.2, dtype=torch.float64), torch.full((3,), 0.1, dtype=torch.float64)))
    assert metric.compute() == np.inf
