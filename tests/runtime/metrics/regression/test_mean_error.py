"""MeanError."""

import pytest
import torch

from scaffold_runtime.metrics.regression import MeanError


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_numbers(contract, draw_pairs, dtype):
    """It is the mean of targets less that of predictions."""
    batches, y_pred, y = draw_pairs(dtype)
    contract(MeanError, batches, y.mean() - y_pred.mean())


def test_no_number():
    """What is no number shows in the result."""
    metric = MeanError()
    metric.update((torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 1.0])))
    assert metric.compute() != metric.compute()
