"""MedianAbsoluteError."""

import pytest
import torch
from sklearn.metrics import median_absolute_error

from scaffold_runtime.metrics.regression import MedianAbsoluteError


@pytest.mark.parametrize("how", [{}, {"levels": 4}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is scikit-learn's, with ties too."""
    batches, y_pred, y = draw_pairs(**how)
    contract(MedianAbsoluteError, batches, median_absolute_error(y, y_pred))


@pytest.mark.parametrize(("errors", "expected"), [([3.0], 3.0), ([1.0, 4.0, 2.0, 9.0], 3.0)])
def test_one_and_an_even_number(errors, expected):
    """One error is the median; of an even number, the mean of the two in the middle is."""
    metric = MedianAbsoluteError()
    metric.update((torch.tensor(errors), torch.zeros(len(errors))))
    assert metric.compute() == expected
