"""SSIM."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from scaffold_runtime.metrics import SSIM


def _gaussian(size, sigma):
    heights = np.exp(-0.5 * ((np.arange(size) - size // 2) / sigma) ** 2)
    return heights / heights.sum()


def _similarity(y_pred, y, data_range, windows, k1=0.01, k2=0.03):
    """The definition, with SciPy's correlation and reflection, in double precision."""

    def mean(images):
        for axis, weights in enumerate(windows, start=2):
            images = correlate1d(images, weights, axis=axis, mode="mirror")
        return images

    p, y = y_pred.double().numpy(), y.double().numpy()
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    p_mean, y_mean = mean(p), mean(y)
    p_variance, y_variance, covariance = mean(p * p) - p_mean**2, mean(y * y) - y_mean**2, mean(p * y) - p_mean * y_mean
    similarity = (2 * p_mean * y_mean + c1) * (2 * covariance + c2)
    similarity /= (p_mean**2 + y_mean**2 + c1) * (p_variance + y_variance + c2)
    return similarity.mean()


def _batches(draw, shape=(3, 14, 17), dtype=torch.float32):
    """Images and noisy copies."""
    batches = []
    for n in (3, 3, 1):
        y = torch.rand(n, *shape, generator=draw)
        noisy = (y + 0.3 * torch.randn(y.shape, generator=draw)).clamp(0, 1)
        batches.append((noisy.to(dtype), y.to(dtype)))
    return batches, *(torch.cat(parts) for parts in zip(*batches, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_images(contract, draw, dtype):
    """It is the definition's mean over all images, of any float."""
    batches, p, y = _batches(draw, dtype=dtype)
    contract(partial(SSIM, 1.0), batches, _similarity(p, y, 1.0, [_gaussian(11, 1.5)] * 2))


def test_windows(contract, draw):
    """Each axis has its own window, and constants can be chosen."""
    batches, p, y = _batches(draw)
    expected = _similarity(p, y, 2.0, [_gaussian(5, 0.7), _gaussian(9, 2)], k1=0.05, k2=0.1)
    contract(partial(SSIM, 2.0, (5, 9), (0.7, 2), 0.05, 0.1), batches, expected)


@pytest.mark.parametrize("size", [1, 3, 7, 11])
def test_uniform_window(contract, draw, size):
    """A uniform window weighs as many pixels as it has, all alike."""
    batches, p, y = _batches(draw)
    expected = _similarity(p, y, 1.0, [np.full(size, 1 / size)] * 2)
    contract(partial(SSIM, 1.0, size, gaussian=False), batches, expected)


def test_volumes(contract, draw):
    """Three axes have three windows, in order."""
    batches, p, y = _batches(draw, shape=(2, 6, 9, 12))
    windows = [_gaussian(size, sigma) for size, sigma in zip((3, 5, 7), (1, 1.5, 2), strict=True)]
    contract(partial(SSIM, 1.0, (3, 5, 7), (1, 1.5, 2), ndims=3), batches, _similarity(p, y, 1.0, windows))


def test_bytes(contract, draw):
    """Images of bytes are compared as numbers."""
    batches = [tuple(torch.randint(256, (n, 1, 12, 12), generator=draw).byte() for _ in range(2)) for n in (3, 3, 1)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(SSIM, 255), batches, _similarity(p, y, 255, [_gaussian(11, 1.5)] * 2), atol=1e-5)


def test_a_small_contrast_far_from_zero(draw):
    """In single precision nothing is lost where images are bright and flat."""
    _, p, y = _batches(draw)
    similarity = SSIM(1.0)
    similarity.update((p + 1000, y + 1000))
    expected = _similarity((p + 1000).double(), (y + 1000).double(), 1.0, [_gaussian(11, 1.5)] * 2)
    assert similarity.compute() == pytest.approx(expected, abs=1e-4)


def test_numbers_of_either_kind(draw):
    """A size may be 5.0 and a deviation 2: they mean 5 and 2.0."""
    _, p, y = _batches(draw)
    one, other = SSIM(1.0, 5, 2.0), SSIM(1.0, (5.0, 5), 2)
    for similarity in (one, other):
        similarity.update((p, y))
    assert one.compute() == other.compute()


def test_itself(draw):
    """An image is wholly similar to itself."""
    _, _, y = _batches(draw)
    similarity = SSIM(1.0)
    similarity.update((y, y))
    assert similarity.compute() == pytest.approx(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data_range": -1}, "`data_range` should be positive, such as 1.0 or 255, got -1."),
        ({"kernel_size": 4}, "`kernel_size` should be odd and positive, got 4."),
        ({"kernel_size": None}, "`kernel_size` should be one number, or one for each of 2 axes, got None."),
        ({"kernel_size": 5.5}, "`kernel_size` should be odd and positive, got 5.5."),
        ({"kernel_size": (5, -5)}, "`kernel_size` should be odd and positive, got (5, -5)."),
        ({"kernel_size": (5, 5, 5)}, "`kernel_size` should be one number, or one for each of 2 axes, got (5, 5, 5)."),
        ({"sigma": [1.5]}, "`sigma` should be one number, or one for each of 2 axes, got [1.5]."),
        ({"sigma": 0.0}, "`sigma` should be positive, got 0.0."),
        ({"ndims": 1}, "`ndims` should be 2 or 3, got 1."),
    ],
)
def test_wrong_arguments(arguments, message):
    """Arguments out of their range are refused."""
    with pytest.raises(ValueError, match=r".") as error:
        SSIM(**{"data_range": 1.0} | arguments)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("shape", "ndims", "message"),
    [
        ((3, 16, 16), 2, "`y_pred` and `y` should be (N, C, H, W), got (3, 16, 16)."),
        ((2, 3, 16, 16), 3, "`y_pred` and `y` should be (N, C, D, H, W), got (2, 3, 16, 16)."),
        (
            (2, 3, 16, 5),
            2,
            "Images should have at least 6 x 6 pixels for a window of 11 x 11, got (2, 3, 16, 5). "
            "Take a smaller `kernel_size`.",
        ),
    ],
)
def test_wrong_shapes(shape, ndims, message):
    """What is no batch of images is refused, and what is smaller than the window's reflection."""
    with pytest.raises(ValueError, match=r".") as error:
        SSIM(1.0, ndims=ndims).update((torch.zeros(shape), torch.zeros(shape)))
    assert str(error.value) == message


def test_different_images():
    """Two shapes are refused, and two dtypes."""
    with pytest.raises(ValueError, match=r"^`y_pred` and `y` should have one shape, \(N, \.\.\.\), got"):
        SSIM(1.0).update((torch.zeros(2, 1, 16, 16), torch.zeros(2, 3, 16, 16)))
    with pytest.raises(
        TypeError, match=r"^`y_pred` and `y` should have one dtype, got torch\.float32 and torch\.uint8"
    ):
        SSIM(1.0).update((torch.zeros(2, 1, 16, 16), torch.zeros(2, 1, 16, 16, dtype=torch.uint8)))
