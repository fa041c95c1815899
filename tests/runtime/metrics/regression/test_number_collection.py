"""What is kept of a batch."""

import torch

from scaffold_runtime.metrics.regression import MedianAbsoluteError


def test_buffers_that_are_used_again():
    """A batch is copied: whoever gave it may write to it afterwards."""
    metric = MedianAbsoluteError()
    y_pred, y = torch.tensor([3.0]), torch.tensor([1.0])
    metric.update((y_pred, y))
    y_pred.fill_(7.0)
    y.fill_(9.0)
    assert metric.compute() == 2.0
