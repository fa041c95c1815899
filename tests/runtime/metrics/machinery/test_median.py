"""The median of a tensor."""

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.machinery.median import median


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (4, 3)])
def test_numbers(draw, shape):
    """It is NumPy's, of odd and even numbers and of a matrix."""
    values = torch.randn(shape, generator=draw, dtype=torch.float64)
    assert median(values).item() == np.median(values.numpy())


@pytest.mark.parametrize("values", [[1.0, 2.0, float("nan")], [float("inf"), float("nan")]])
def test_no_number(values):
    """It is NaN where a value is."""
    assert median(torch.tensor(values)).isnan()


def test_infinite():
    """Values may be infinite."""
    assert median(torch.tensor([1.0, 2.0, float("inf")])) == 2.0
    assert median(torch.tensor([1.0, float("inf")])) == float("inf")
