"""The structural similarity of images."""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from .machinery.mean_over_samples import MeanOverSamples
from .machinery.structural_similarity import similarity_terms, window
from .machinery.tensor_parts import tensors
from .metric import identity
from .psnr import check_data_range, check_same_dtype


class SSIM(MeanOverSamples):
    r"""Mean over images of their structural similarity, under a sliding window.

    $$\text{SSIM} = \frac{(2 \mu_{\hat{I}} \mu_I + c_1)(2 \sigma_{\hat{I} I} + c_2)}
    {(\mu_{\hat{I}}^2 + \mu_I^2 + c_1)(\sigma_{\hat{I}}^2 + \sigma_I^2 + c_2)},
    \quad c_i = (k_i r)^2$$

    Images are reflected at their edges, so that every pixel counts; the value of an image is the mean over its
    channels and pixels. Half precision is computed in single. A uniform window has the size that is asked for (in
    Ignite at most 5), and in three dimensions sizes go with axes in order.

    Shapes:
        y_pred: `(N, C, H, W)`, or `(N, C, D, H, W)` with `ndims=3`.
        y: the shape and dtype of `y_pred`.
        result: float in `[-1, 1]`, higher is better.

    Args:
        data_range: distance of the largest from the smallest possible value: 1.0, or 255.
        kernel_size: pixels of the window along each axis, odd.
        sigma: standard deviation of the Gaussian window, in pixels.
        k1: keeps the quotient of means stable where images are dark.
        k2: keeps the quotient of variances stable where images are flat.
        gaussian: weigh neighbours by their distance; else all alike.
        output_transform: as in `Metric`.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.
        ndims: of images: 2 or 3.

    Raises:
        ValueError: an argument is out of its range, the shapes differ, or an image is smaller than half a window.
        TypeError: the dtypes differ.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> similarity = SSIM(data_range=1.0)
        >>> image = torch.linspace(0, 1, 256).view(1, 1, 16, 16)
        >>> similarity.update((image * 0.75, image))
        >>> round(similarity.compute(), 4)
        0.9246

    References:
        Wang, Bovik, Sheikh and Simoncelli, Image Quality Assessment: From Error Visibility to Structural
        Similarity, 2004.
    """

    def __init__(
        self,
        data_range: float,
        kernel_size: int | Sequence[int] = 11,
        sigma: float | Sequence[float] = 1.5,
        k1: float = 0.01,
        k2: float = 0.03,
        gaussian: bool = True,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
        ndims: int = 2,
    ) -> None:
        check_data_range(data_range)
        if ndims not in (2, 3):
            raise ValueError(f"`ndims` should be 2 or 3, got {ndims}.")
        super().__init__(output_transform, device=device, skip_unrolling=skip_unrolling)
        self.data_range = data_range
        self.kernel_size, self.sigma, self.gaussian, self.ndims = kernel_size, sigma, gaussian, ndims
        self.c1, self.c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
        self._window = window(kernel_size, sigma, gaussian=gaussian, num_axes=ndims)

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`."""
        y_pred, y = tensors(output, "y_pred", "y")
        check_same_dtype(y_pred, y)
        check_images(y_pred, self._window.sizes, smallest=[size // 2 + 1 for size in self._window.sizes])
        super().update(output)

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Similarities, one for each image."""
        margins = [margin for size in self._window.sizes[::-1] for margin in repeat(size // 2, 2)]
        y_pred, y = (pad(image, margins, mode="reflect") for image in (y_pred, y.to(y_pred.dtype)))
        luminance, structure = similarity_terms(y_pred, y, self._window, self.c1, self.c2)
        return (luminance * structure).flatten(1).mean(1, dtype=self.double_dtype)


def check_images(images: Tensor, sizes: Sequence[int], *, smallest: Sequence[int]) -> None:
    """Sees that a batch holds images, and that they are large enough for a window of `sizes`.

    Raises:
        ValueError: they are not.
    """
    shape = tuple(images.shape)
    if len(shape) != 2 + len(sizes):
        axes = "(N, C, H, W)" if len(sizes) == 2 else "(N, C, D, H, W)"
        raise ValueError(f"`y_pred` and `y` should be {axes}, got {shape}.")
    if any(length < least for length, least in zip(shape[2:], smallest, strict=True)):
        raise ValueError(
            f"Images should have at least {' x '.join(map(str, smallest))} pixels for a window of "
            f"{' x '.join(map(str, sizes))}, got {shape}. Take a smaller `kernel_size`."
        )
