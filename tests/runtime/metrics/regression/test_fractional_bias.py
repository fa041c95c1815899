"""FractionalBias."""

import pytest
import torch

from scaffold_runtime.metrics.regression import FractionalBias


@pytest.mark.parametrize("how", [{"mean": 5}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how):
    """It is the mean of differences by the mean of both."""
    batches, y_pred, y = draw_pairs(**how)
    contract(FractionalBias, batches, ((y - y_pred) / ((y + y_pred) / 2)).mean())


@pytest.mark.parametrize(("target", "expected"), [(0.0, 0.25), (-1.0, float("-inf"))])
def test_no_sum(target, expected):
    """Two zeros have no error; opposite numbers an infinite one."""
    metric = FractionalBias()
    metric.update((torch.tensor([3.0, -target]), torch.tensor([5.0, target])))
    assert metric.compute() == expected
