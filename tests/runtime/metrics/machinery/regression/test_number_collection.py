"""What is kept of a batch."""

import torch

from scaffold_runtime.metrics.regression import MedianAbsoluteError


def test_batches_of_several_dtypes(contract):
    """They are collected in the widest, over processes too."""
    batches = [
        (torch.tensor(y_pred, dtype=dtype), torch.tensor(y, dtype=dtype))
        for dtype, y_pred, y in (
            (torch.float32, [1.0, 2.0], [1.0, 3.0]),
            (torch.float64, [1.0, 2.0], [4.0, 9.0]),
            (torch.float16, [5.0], [0.0]),
        )
    ]
    contract(MedianAbsoluteError, batches, 3.0)


def test_buffers_that_are_used_again():
    """A batch is copied: whoever gave it may write to it afterwards."""
    metric = MedianAbsoluteError()
    y_pred, y = torch.tensor([3.0]), torch.tensor([1.0])
    metric.update((y_pred, y))
    y_pred.fill_(7.0)
    y.fill_(9.0)
    assert metric.compute() == 2.0
