"""What metrics of regression take: one predicted and one true number for each sample."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..outputs import wrong_batch
from ..tensor_parts import check_are_numbers, is_seen_positive


def number_pairs(output: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """`(y_pred, y)`, both `(N,)` and of one float dtype, of single precision at least; of integers, double.

    Raises:
        ValueError: the shapes differ, or there is more than one number for a sample.
        TypeError: what is given are no real numbers.
    """
    try:  # costs nothing where nothing is wrong, and every batch comes by here
        y_pred, y = output
        shape, are_usual = y_pred.shape, y_pred.dtype == y.dtype == torch.float32
    except (AttributeError, TypeError, ValueError) as error:
        raise wrong_batch(output, "y_pred", "y") from error
    if shape != y.shape or (len(shape) != 1 and shape != (shape.numel(), 1)):
        raise ValueError(
            f"`y_pred` and `y` should be both (N,), or both (N, 1), got {tuple(shape)} and {tuple(y.shape)}. "
            "Bring them together, and pick one number for each sample, in an `output_transform`."
        )
    if len(shape) == 2:
        y_pred, y = y_pred.reshape(-1), y.reshape(-1)
    if are_usual:
        return y_pred, y
    check_are_numbers(y_pred, y)
    dtype = torch.promote_types(y_pred.dtype, y.dtype)
    # Single precision holds whole numbers up to 2**24; MPS has no other.
    is_wide = not dtype.is_floating_point and dtype.itemsize >= 4 and y.device.type != "mps"
    dtype = torch.promote_types(dtype, torch.float64 if is_wide else torch.float32)
    return y_pred.to(dtype), y.to(dtype)


def relative(error: Tensor, scale: Tensor) -> Tensor:
    """Errors in units of `scale`; no error is none on any scale, so 0 / 0 is 0."""
    if is_seen_positive(scale):
        return error / scale
    return torch.where(error == 0, error, error / scale)
