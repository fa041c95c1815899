"""What metrics of regression take: one predicted and one true number for each sample."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..tensor_parts import tensors


def number_pairs(output: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """`(y_pred, y)`, both `(N,)` and of one float dtype, of single precision at least; of integers, double.

    Raises:
        ValueError: there is more than one number for a sample, or the numbers of samples differ.
    """
    y_pred, y = tensors(output, "y_pred", "y")
    num_samples = y_pred.numel()
    shapes = ((num_samples,), (num_samples, 1))
    if y_pred.shape not in shapes or y.shape not in shapes:
        raise ValueError(
            f"`y_pred` and `y` should be (N,) or (N, 1), got {tuple(y_pred.shape)} and {tuple(y.shape)}. "
            "Pick one number for each sample in an `output_transform`."
        )
    dtype = torch.promote_types(y_pred.dtype, y.dtype)
    # Single precision holds whole numbers up to 2**24; MPS has no other.
    is_wide = not dtype.is_floating_point and dtype.itemsize >= 4 and y.device.type != "mps"
    dtype = torch.promote_types(dtype, torch.float64 if is_wide else torch.float32)
    return y_pred.reshape(-1).to(dtype), y.reshape(-1).to(dtype)


def relative(error: Tensor, scale: Tensor) -> Tensor:
    """Errors in units of `scale`; no error is none on any scale, so 0 / 0 is 0."""
    return torch.where(error == 0, error, error / scale)
