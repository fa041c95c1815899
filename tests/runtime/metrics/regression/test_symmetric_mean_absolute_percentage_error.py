"""SymmetricMeanAbsolutePercentageError."""

import pytest
import torch
from torchmetrics.functional import symmetric_mean_absolute_percentage_error

from scaffold_runtime.metrics.regression import SymmetricMeanAbsolutePercentageError


@pytest.mark.parametrize("how", [{}, {"levels": 3}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is torchmetrics' fraction, in per cent, where both numbers are 0 too."""
    batches, y_pred, y = draw_pairs(**how)
    fraction = symmetric_mean_absolute_percentage_error(torch.tensor(y_pred), torch.tensor(y))
    contract(SymmetricMeanAbsolutePercentageError, batches, 100 * fraction)
