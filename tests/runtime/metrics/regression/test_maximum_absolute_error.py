"""MaximumAbsoluteError."""

import pytest
import torch
from sklearn.metrics import max_error

from scaffold_runtime.metrics.regression import MaximumAbsoluteError


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_numbers(contract, draw_pairs, dtype):
    """It is scikit-learn's, of any float."""
    batches, y_pred, y = draw_pairs(dtype)
    contract(MaximumAbsoluteError, batches, max_error(y, y_pred))


def test_no_number():
    """What is no number shows in the result, whatever comes after it."""
    metric = MaximumAbsoluteError()
    metric.update((torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 1.0])))
    metric.update((torch.tensor([5.0]), torch.tensor([1.0])))
    assert metric.compute() != metric.compute()


def test_empty_and_exact_batches():
    """A batch without samples changes nothing; exact predictions have an error, of 0."""
    metric = MaximumAbsoluteError()
    metric.update((torch.empty(0), torch.empty(0)))
    metric.update((torch.ones(2), torch.ones(2)))
    assert metric.compute() == 0.0
