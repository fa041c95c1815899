"""MeanAbsoluteError."""

import pytest
import torch
from sklearn.metrics import mean_absolute_error

from scaffold_runtime.metrics import MeanAbsoluteError, MeanError


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_numbers(contract, draw, dtype):
    """It is scikit-learn's, of any float, also where predictions have a second axis of one."""
    batches = [
        (torch.randn(n, 1, generator=draw).to(dtype), torch.randn(n, generator=draw).to(dtype)) for n in (8, 8, 8, 3)
    ]
    p, y = (torch.cat(parts).double() for parts in zip(*batches, strict=True))
    contract(MeanAbsoluteError, batches, mean_absolute_error(y, p))


def test_vectors(contract, draw):
    """All numbers of a sample are added."""
    batches = [(torch.randn(n, 2, 3, generator=draw), torch.randn(n, 2, 3, generator=draw)) for n in (8, 8, 3)]
    p, y = (torch.cat(parts).double() for parts in zip(*batches, strict=True))
    contract(MeanAbsoluteError, batches, (p - y).abs().sum() / len(y))


def test_wrong_shapes():
    """Shapes that would broadcast are refused."""
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should have one shape, \(N, \.\.\.\), got \(4, 3\) and \(3,\)\."
    ):
        MeanAbsoluteError().update((torch.zeros(4, 3), torch.zeros(3)))


@pytest.mark.parametrize("metric", [MeanAbsoluteError, MeanError])
def test_large_integers(metric):
    """Whole numbers that single precision does not tell apart are apart."""
    error = metric()
    error.update((torch.tensor([2**24, 5]), torch.tensor([2**24 + 1, 5])))
    assert error.compute() == 0.5


def test_targets_that_are_true_or_false():
    """They count as 1 and 0, predictions too."""
    error = MeanAbsoluteError()
    error.update((torch.tensor([0.25, 0.5]), torch.tensor([True, False])))
    error.update((torch.tensor([True, False]), torch.tensor([True, True])))
    assert error.compute() == (0.75 + 0.5 + 1) / 4
