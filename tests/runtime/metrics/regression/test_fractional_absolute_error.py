"""FractionalAbsoluteError."""

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.regression import FractionalAbsoluteError


@pytest.mark.parametrize("how", [{}, {"mean": 5}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is the mean of absolute differences by the mean size of both."""
    batches, y_pred, y = draw_pairs(**how)
    contract(FractionalAbsoluteError, batches, (np.abs(y - y_pred) / ((np.abs(y) + np.abs(y_pred)) / 2)).mean())


def test_zeros():
    """Two zeros have no error."""
    metric = FractionalAbsoluteError()
    metric.update((torch.tensor([0.0, 1.0]), torch.tensor([0.0, 3.0])))
    assert metric.compute() == 0.5
