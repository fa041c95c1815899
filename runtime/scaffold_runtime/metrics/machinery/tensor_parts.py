"""Outputs that are a tensor for each of several names."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .outputs import wrong_batch


def tensors(output: Any, *names: str) -> Sequence[Tensor]:
    """The output, if it is one tensor for each name.

    Raises:
        TypeError: it is something else.

    Example:
        >>> import torch
        >>> tensors(torch.tensor(0.5), "y_pred", "y")
        Traceback (most recent call last):
        TypeError: A batch should be tensors (y_pred, y), got a tensor of shape (). An `output_transform` picks them.
    """
    try:
        parts = tuple(output)
    except TypeError as error:
        raise wrong_batch(output, *names) from error
    if len(parts) != len(names) or not all([isinstance(part, Tensor) for part in parts]):  # noqa: C419  # takes half
        raise wrong_batch(output, *names)
    return parts


def check_are_numbers(y_pred: Tensor, y: Tensor) -> None:
    """Sees that both are real numbers.

    Raises:
        TypeError: one of them is boolean, complex, or of another dtype that torch does not reckon with.
    """
    for name, tensor in (("y_pred", y_pred), ("y", y)):
        if tensor.dtype not in _NUMBERS:
            raise TypeError(f"`{name}` should be real numbers, got {tensor.dtype}. Change it in an `output_transform`.")


def is_seen_positive(values: Tensor) -> bool:
    """Whether all are above 0, where looking makes nobody wait; elsewhere False.

    For the choice between two ways to one result, of which the shorter one cannot take zeros.
    """
    return (
        values.is_cpu and not torch.compiler.is_dynamo_compiling() and values.numel() > 0 and values.amin().item() > 0
    )


_NUMBERS = {
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
    *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
}
