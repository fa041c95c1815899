"""The structural similarity of images at several scales."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from .machinery.mean_over_samples import MeanOverSamples
from .machinery.structural_similarity import similarity_terms, window
from .machinery.tensor_parts import tensors
from .metric import MetricOptions, identity
from .psnr import check_data_range, check_same_dtype
from .ssim import check_images


class MultiScaleSSIM(MeanOverSamples):
    r"""Mean over images of MS-SSIM: structure compared at several scales, luminance at the coarsest.

    $$\text{MS-SSIM} = l_M^{\beta_M} \prod_{j=1}^{M} (cs)_j^{\beta_j}$$

    From one scale to the next, images are averaged over 2 x 2 pixels. At each scale, means go over the places where
    the window lies within the image, for each channel; a negative mean counts as 0. The value of an image is the mean
    over its channels.

    Shapes:
        y_pred: `(N, C, H, W)`, of 176 x 176 pixels at least unless there are fewer scales or a smaller window.
        y: the shape and dtype of `y_pred`.
        result: float in `[0, 1]`, higher is better.

    Args:
        data_range: distance of the largest from the smallest possible value: 1.0, or 255.
        kernel_size: as in `SSIM`.
        sigma: as in `SSIM`.
        k1: as in `SSIM`.
        k2: as in `SSIM`.
        betas: the weight of each scale, from the finest; their number is the number of scales.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: an argument is out of its range, the shapes differ, or images are too small for the scales.
        TypeError: the dtypes differ.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> similarity = MultiScaleSSIM(data_range=1.0, betas=(0.5, 0.5))
        >>> image = torch.linspace(0, 1, 1024).view(1, 1, 32, 32)
        >>> similarity.update((image * 0.75, image))
        >>> round(similarity.compute(), 4)
        0.9459

    References:
        Wang, Simoncelli and Bovik, Multiscale Structural Similarity for Image Quality Assessment, 2003.
    """

    def __init__(
        self,
        data_range: float,
        kernel_size: int | Sequence[int] = 11,
        sigma: float | Sequence[float] = 1.5,
        k1: float = 0.01,
        k2: float = 0.03,
        betas: Sequence[float] = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        check_data_range(data_range)
        if len(betas) == 0 or min(betas) < 0:
            raise ValueError(f"`betas` should be weights that are not negative, one for each scale, got {betas}.")
        super().__init__(output_transform, **options)
        self.data_range = data_range
        self._c1, self._c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
        self._betas = tuple(betas)
        self._window = window(kernel_size, sigma, gaussian=True, num_axes=2)

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`."""
        y_pred, y = tensors(output, "y_pred", "y")
        check_same_dtype(y_pred, y)
        # Halving drops an odd row: the window must fit into what is left at the coarsest scale.
        coarsest = 2 ** (len(self._betas) - 1)
        check_images(y_pred, self._window.sizes, smallest=[size * coarsest for size in self._window.sizes])
        super().update(output)

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Similarities, one for each image."""
        y = y.to(y_pred.dtype)
        similarity = torch.ones(y.shape[:2], dtype=self.double_dtype, device=y.device)
        for scale, beta in enumerate(self._betas, start=1):
            if scale > 1:
                y_pred, y = avg_pool2d(y_pred, 2), avg_pool2d(y, 2)
            luminance, structure = similarity_terms(y_pred, y, self._window, self._c1, self._c2)
            term = luminance * structure if scale == len(self._betas) else structure
            similarity *= term.flatten(2).mean(2, dtype=self.double_dtype).clamp(min=0) ** beta
        return similarity.mean(1)
