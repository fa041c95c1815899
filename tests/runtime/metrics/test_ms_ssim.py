"""MultiScaleSSIM."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from scaffold_runtime.metrics import MultiScaleSSIM


def _batches(draw, shape, dtype=torch.float32):
    """Images, smooth at the coarse scales, and noisy copies."""
    batches = []
    for n in (2, 2, 1):
        y = torch.rand(n, *shape, generator=draw).cumsum(2).cumsum(3)
        y = y / y.amax((2, 3), keepdim=True)
        batches.append(((y + 0.2 * torch.randn(y.shape, generator=draw)).clamp(0, 1).to(dtype), y.to(dtype)))
    return batches, *(torch.cat(parts).double() for parts in zip(*batches, strict=True))


def _valid_mean(images, weights):
    """Weighted means, at each place where the window lies within the images."""
    margin = len(weights) // 2
    for axis in (2, 3):
        length = images.shape[axis]
        images = correlate1d(images, weights, axis=axis).take(range(margin, length - margin), axis=axis)
    return images


def _similarity(p, y, betas=(0.0448, 0.2856, 0.3001, 0.2363, 0.1333), kernel_size=11, sigma=1.5, k1=0.01, k2=0.03):
    """The definition, with SciPy's correlation, in double precision."""
    weights = np.exp(-0.5 * ((np.arange(kernel_size) - kernel_size // 2) / sigma) ** 2)
    mean = partial(_valid_mean, weights=weights / weights.sum())
    p, y, similarity = p.numpy(), y.numpy(), 1
    for scale, beta in enumerate(betas):
        p_mean, y_mean = mean(p), mean(y)
        structure = 2 * (mean(p * y) - p_mean * y_mean) + k2**2
        structure /= mean(p * p) - p_mean**2 + mean(y * y) - y_mean**2 + k2**2
        if scale == len(betas) - 1:
            structure *= (2 * p_mean * y_mean + k1**2) / (p_mean**2 + y_mean**2 + k1**2)
        similarity *= np.maximum(structure.mean((2, 3)), 0) ** beta
        p, y = (_halved(images) for images in (p, y))
    return similarity.mean()


def _halved(images):
    rows, columns = (length - length % 2 for length in images.shape[2:])
    even = images[:, :, :rows, :columns]
    return (even[:, :, ::2, ::2] + even[:, :, 1::2, ::2] + even[:, :, ::2, 1::2] + even[:, :, 1::2, 1::2]) / 4


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((1, 176, 181), {}),
        ((2, 45, 50), {"kernel_size": 7, "sigma": 0.8, "betas": (0.2, 0.3, 0.5), "k1": 0.02, "k2": 0.1}),
        ((3, 11, 11), {"betas": (1.0,)}),
    ],
)
def test_images(contract, draw, shape, arguments):
    """It is the definition's, also where halving drops a row."""
    batches, p, y = _batches(draw, shape)
    contract(partial(MultiScaleSSIM, 1.0, **arguments), batches, _similarity(p, y, **arguments))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_precision(contract, draw, dtype):
    """Any float will do; half precision is computed in single."""
    batches, p, y = _batches(draw, (1, 44, 44), dtype)
    contract(partial(MultiScaleSSIM, 1.0, betas=(0.4, 0.6)), batches, _similarity(p, y, betas=(0.4, 0.6)))


def test_as_torchmetrics(contract, draw):
    """It is torchmetrics's of each channel, but for the coarsest scale: there it reflects the edges."""
    batches, p, y = _batches(draw, (2, 46, 47))
    p, y = (images.flatten(0, 1).unsqueeze(1) for images in (p, y))
    betas = (0.4, 0.6, 0.0)
    expected = multiscale_structural_similarity_index_measure(p, y, data_range=1.0, betas=betas)
    contract(partial(MultiScaleSSIM, 1.0, betas=betas), batches, expected)


def test_opposite_images(draw):
    """Where structure is inverted, nothing is similar, and the power of a negative number is not taken."""
    y = torch.rand(2, 1, 44, 44, generator=draw)
    similarity = MultiScaleSSIM(1.0, betas=(0.5, 0.5))
    similarity.update((1 - y, y))
    assert similarity.compute() == 0


def test_itself(draw):
    """An image is wholly similar to itself."""
    y = torch.rand(2, 3, 44, 44, generator=draw)
    similarity = MultiScaleSSIM(1.0, betas=(0.3, 0.3, 0.4))
    similarity.update((y, y))
    assert similarity.compute() == pytest.approx(1)


def test_wrong_input():
    """Weights below zero are refused, and images that the coarsest scale has no window for."""
    with pytest.raises(ValueError, match=r"^`betas` should be weights that are not negative, one for each scale, got"):
        MultiScaleSSIM(1.0, betas=(0.5, -0.5))
    with pytest.raises(ValueError, match=r"^`betas` should be weights that are not negative, one for each scale, got"):
        MultiScaleSSIM(1.0, betas=())
    with pytest.raises(ValueError, match=r".") as error:
        MultiScaleSSIM(1.0).update((torch.zeros(1, 1, 175, 200), torch.zeros(1, 1, 175, 200)))
    assert str(error.value) == (
        "Images should have at least 176 x 176 pixels for a window of 11 x 11, got (1, 1, 175, 200). "
        "Take a smaller `kernel_size`."
    )
    with pytest.raises(TypeError, match=r"^`y_pred` and `y` should have one dtype, got"):
        MultiScaleSSIM(1.0).update((torch.zeros(1, 1, 176, 176), torch.zeros(1, 1, 176, 176, dtype=torch.uint8)))


def test_smallest_images():
    """An image of just the size that the coarsest scale needs is measured."""
    similarity = MultiScaleSSIM(1.0, kernel_size=1, betas=(0.5, 0.5))
    # A window of one pixel sees luminance only, at the coarsest scale: of 1/4 and 1/2, here.
    similarity.update((torch.tensor([[[[0.0, 0.0], [0.0, 1.0]]]]), torch.tensor([[[[0.0, 0.0], [1.0, 1.0]]]])))
    expected = (2 * 0.25 * 0.5 + 1e-4) / (0.25**2 + 0.5**2 + 1e-4)
    assert similarity.compute() == pytest.approx(expected**0.5, abs=1e-6)
