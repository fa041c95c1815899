"""PSNR."""

import math
from functools import partial

import pytest
import torch

from scaffold_runtime.metrics import PSNR


def _mean_ratio(y_pred, y, data_range):
    """Decibels, image by image, in plain Python."""
    ratios = []
    for left, right in zip(y_pred.flatten(1).tolist(), y.flatten(1).tolist(), strict=True):
        error = sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) / len(left)
        ratios.append(10 * math.log10(data_range**2 / error))
    return sum(ratios) / len(ratios)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_images(contract, draw, dtype):
    """It is the mean over images of each one's ratio, of any float."""
    batches = [
        (torch.rand(n, 3, 5, 4, generator=draw).to(dtype), torch.rand(n, 3, 5, 4, generator=draw).to(dtype))
        for n in (4, 4, 4, 1)
    ]
    p, y = (torch.cat(parts).double() for parts in zip(*batches, strict=True))
    contract(partial(PSNR, 1.0), batches, _mean_ratio(p, y, 1.0))


def test_bytes(contract, draw):
    """Bytes do not wrap around where the prediction is darker."""
    batches = [tuple(torch.randint(256, (n, 3, 6, 6), generator=draw).byte() for _ in range(2)) for n in (4, 4, 1)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(PSNR, 255), batches, _mean_ratio(p, y, 255))


def test_one_number_for_an_image(contract, draw):
    """Images without axes have one pixel."""
    batches = [(torch.rand(n, generator=draw), torch.rand(n, generator=draw)) for n in (4, 4, 0, 1)]
    p, y = (torch.cat(parts).unsqueeze(1) for parts in zip(*batches, strict=True))
    contract(partial(PSNR, 2.0), batches, _mean_ratio(p, y, 2.0))


def test_no_error():
    """Without an error the ratio is infinite."""
    ratio = PSNR(1.0)
    ratio.update((torch.ones(2, 3), torch.ones(2, 3)))
    assert ratio.compute() == math.inf


def test_wrong_input():
    """Images of different shapes or dtypes are refused, and data without a range."""
    with pytest.raises(ValueError, match=r"^`data_range` should be positive, such as 1\.0 or 255, got 0\.$"):
        PSNR(0)
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should have one shape, \(N, \.\.\.\), got \(4, 3, 2\) and \(4, 1, 2\)\."
    ):
        PSNR(1.0).update((torch.zeros(4, 3, 2), torch.zeros(4, 1, 2)))
    with pytest.raises(TypeError) as error:
        PSNR(1.0).update((torch.zeros(4, 3), torch.zeros(4, 3, dtype=torch.uint8)))
    assert str(error.value) == (
        "`y_pred` and `y` should have one dtype, got torch.float32 and torch.uint8. "
        "Bring them to one range of values, and one dtype, in an `output_transform`."
    )
