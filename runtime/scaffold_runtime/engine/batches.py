"""Batches on their way to the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch

from ..nested_tensors import map_tensors

Batch: TypeAlias = Any
Device: TypeAlias = "str | torch.device | None"
PrepareBatch: TypeAlias = "Callable[[Batch, Device, bool], tuple[Any, Any]]"


def convert_tensor(data: Any, device: Device = None, non_blocking: bool = False) -> Any:
    """Tensors, alone or inside tuples, lists and mappings, on `device`.

    Example:
        >>> convert_tensor((torch.ones(1), {"x": torch.zeros(2)}), device="cpu")
        (tensor([1.]), {'x': tensor([0., 0.])})
    """
    if device is None:
        return data
    return map_tensors(lambda tensor: tensor.to(device=device, non_blocking=non_blocking), data)


def prepare_xy(batch: Batch, device: Device = None, non_blocking: bool = False) -> tuple[Any, Any]:
    """The two parts of a batch, on the device."""
    x, y = batch
    return convert_tensor(x, device, non_blocking), convert_tensor(y, device, non_blocking)
