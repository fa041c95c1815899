"""WaveHedgesDistance."""

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.regression import WaveHedgesDistance


@pytest.mark.parametrize("how", [{"mean": 5}, {}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is the sum of differences by the larger numbers, whatever their sign."""
    batches, y_pred, y = draw_pairs(**how)
    contract(WaveHedgesDistance, batches, (np.abs(y - y_pred) / np.maximum(y, y_pred)).sum())


def test_zeros():
    """Two zeros are at no distance."""
    metric = WaveHedgesDistance()
    metric.update((torch.tensor([0.0, 1.0]), torch.tensor([0.0, 2.0])))
    assert metric.compute() == 0.5
