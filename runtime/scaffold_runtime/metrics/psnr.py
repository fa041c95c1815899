"""The peak signal-to-noise ratio."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from torch import Tensor

from .machinery.mean_over_samples import MeanOverSamples
from .machinery.tensor_parts import tensors
from .metric import MetricOptions, identity


class PSNR(MeanOverSamples):
    r"""Mean over images of the peak signal-to-noise ratio, in decibels.

    $$\text{PSNR}(\hat{I}, I) = 10 \log_{10} \frac{r^2}{\text{MSE}(\hat{I}, I)}$$

    $r$ is the range of the data. The error goes over channels and pixels of one image. An image without any error
    has an infinite ratio, and so has the mean then; Ignite adds 1e-10 to the error.

    Shapes:
        y_pred: `(N, ...)`, a number or an integer for each channel and pixel.
        y: the shape and dtype of `y_pred`.
        result: float, higher is better.

    Args:
        data_range: distance of the largest from the smallest possible value: 1.0, or 255.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: `data_range` is not positive, or the shapes differ.
        TypeError: the dtypes differ, as those of an image of 0 to 255 and one of 0 to 1 do.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> ratio = PSNR(data_range=1.0)
        >>> ratio.update((torch.full((2, 3, 4, 4), 0.4), torch.full((2, 3, 4, 4), 0.5)))
        >>> round(ratio.compute(), 4)
        20.0
    """

    def __init__(
        self, data_range: float, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]
    ) -> None:
        check_data_range(data_range)
        super().__init__(output_transform, **options)
        self.data_range = data_range

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`."""
        check_same_dtype(*tensors(output, "y_pred", "y"))
        super().update(output)

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """Ratios, one for each image."""
        # The axis that is added makes `(N,)` images of one pixel.
        squares = (y_pred - y).square_().unsqueeze(-1).flatten(1)
        errors = squares.mean(1, dtype=self.double_dtype)
        return 20 * math.log10(self.data_range) - 10 * errors.log10()


def check_data_range(data_range: float) -> None:
    """Sees that images have a range.

    Raises:
        ValueError: it is not positive.
    """
    if data_range <= 0:
        raise ValueError(f"`data_range` should be positive, such as 1.0 or 255, got {data_range}.")


def check_same_dtype(y_pred: Tensor, y: Tensor) -> None:
    """Sees that two images are of one kind.

    Raises:
        TypeError: the dtypes differ.
    """
    if y_pred.dtype != y.dtype:
        raise TypeError(
            f"`y_pred` and `y` should have one dtype, got {y_pred.dtype} and {y.dtype}. "
            "Bring them to one range of values, and one dtype, in an `output_transform`."
        )
