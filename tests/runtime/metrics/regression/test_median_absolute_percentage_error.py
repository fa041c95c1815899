"""MedianAbsolutePercentageError."""

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.regression import MedianAbsolutePercentageError


@pytest.mark.parametrize("how", [{}, {"mean": 5}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is NumPy's median of the differences by targets, in per cent."""
    batches, y_pred, y = draw_pairs(**how)
    contract(MedianAbsolutePercentageError, batches, 100 * np.median(np.abs((y - y_pred) / y)))


@pytest.mark.parametrize(("predictions", "expected"), [([0.0, 3.0, 4.0], 50.0), ([1.0, 1.0, 4.0], float("inf"))])
def test_targets_of_zero(predictions, expected):
    """An exact prediction of 0 has no error, any other an infinite one."""
    metric = MedianAbsolutePercentageError()
    metric.update((torch.tensor(predictions), torch.tensor([0.0, 0.0 if expected > 50 else 2.0, 2.0])))
    assert metric.compute() == expected
