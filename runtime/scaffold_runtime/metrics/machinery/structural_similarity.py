"""Structural similarity of two images through sliding windows: what SSIM and multi-scale SSIM share.

Means, variances and the covariance under a window are taken along one axis after the other: windows are products of
their axes' weights. Variances are differences of two large numbers where an image is bright and flat,
so that they are taken of the images less a constant, the mean of the channel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

import torch
from torch import Tensor


@dataclass(frozen=True)
class Window:
    """The weights of a pixel's neighbours along each axis of an image, which add up to 1."""

    weights: tuple[tuple[float, ...], ...]

    def mean(self, images: Tensor) -> Tensor:
        """Means under the window, `(N, C, ...)`, at each place where it lies wholly within the image."""
        # Added one neighbour at a time: faster than a convolution with one channel, and the same for 2 and 3 axes.
        for axis, (first, *others) in enumerate(self.weights, start=2):
            length = images.shape[axis] - len(others)
            total = images.narrow(axis, 0, length) * first
            for offset, weight in enumerate(others, start=1):
                total.add_(images.narrow(axis, offset, length), alpha=weight)
            images = total
        return images

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return tuple(map(len, self.weights))


def window(
    kernel_size: int | Sequence[int], sigma: float | Sequence[float], *, gaussian: bool, num_axes: int
) -> Window:
    """A window of what users say.

    Raises:
        ValueError: a size is even or not positive, a deviation is not positive, or there is not one for each axis.
    """
    sizes = _for_each_axis("kernel_size", kernel_size, num_axes)
    sigmas = _for_each_axis("sigma", sigma, num_axes)
    if any(size % 2 != 1 or size <= 0 for size in sizes):
        raise ValueError(f"`kernel_size` should be odd and positive, got {kernel_size}.")
    if any(deviation <= 0 for deviation in sigmas):
        raise ValueError(f"`sigma` should be positive, got {sigma}.")
    return Window(tuple(starmap(_gaussian if gaussian else _uniform, zip(sizes, sigmas, strict=True))))


def similarity_terms(y_pred: Tensor, y: Tensor, window: Window, c1: float, c2: float) -> tuple[Tensor, Tensor]:
    """Luminance, and contrast times structure, `(N, C, ...)`, wherever the window lies within the images."""
    origin = y.mean(tuple(range(2, y.ndim)), keepdim=True)
    left, right = y_pred - origin, y - origin
    maps = window.mean(torch.cat((left, right, left * left, right * right, left * right), 1))
    mean_left, mean_right, square_left, square_right, product = maps.chunk(5, 1)
    variances = square_left + square_right - mean_left.square() - mean_right.square()
    covariance = product - mean_left * mean_right
    mean_left, mean_right = mean_left + origin, mean_right + origin
    luminance = (2 * mean_left * mean_right + c1) / (mean_left.square() + mean_right.square() + c1)
    return luminance, (2 * covariance + c2) / (variances + c2)


def _gaussian(size: float, sigma: float) -> tuple[float, ...]:
    heights = [math.exp(-(((index - (size - 1) / 2) / sigma) ** 2) / 2) for index in range(int(size))]
    return tuple(height / sum(heights) for height in heights)


def _uniform(size: float, _: float) -> tuple[float, ...]:
    return (1 / size,) * int(size)


def _for_each_axis(name: str, value: float | Sequence[float] | None, num_axes: int) -> tuple[float, ...]:
    values = (value,) * num_axes if isinstance(value, (int, float)) else tuple(value) if value is not None else ()
    if len(values) != num_axes:
        raise ValueError(f"`{name}` should be one number, or one for each of {num_axes} axes, got {value}.")
    return values
