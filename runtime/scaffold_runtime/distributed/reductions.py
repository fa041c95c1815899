"""Reductions of tensors and numbers over processes, exact in their own types."""

from __future__ import annotations

import functools
import operator
from typing import Any, TypeAlias, get_args, overload

import torch
from torch import Tensor

from . import context
from .collective_watchdog import waiting
from .collectives import Group, gather_objects, gather_tensor, members_of
from .comp_models.base import ComputationModel, Reduction

Number: TypeAlias = "int | float | bool"


@overload
def all_reduce(tensor: Tensor, op: Reduction = "SUM", group: Group = None) -> Tensor: ...
@overload
def all_reduce(tensor: Number, op: Reduction = "SUM", group: Group = None) -> Number: ...
def all_reduce(tensor: Tensor | Number, op: Reduction = "SUM", group: Group = None) -> Tensor | Number:
    """The reduction of a tensor or number over all processes; int64 and float64 stay exact.

    Args:
        tensor: of one shape and type on all processes, or a number.
        op: SUM, PRODUCT, MIN or MAX; AND or OR of booleans, or of the bits of integers.
        group: some of the processes; the others get back what they gave.

    Returns:
        A new tensor on the same device, or a number.

    Example:
        >>> all_reduce(2**53 + 1)
        9007199254740993
    """
    if op not in get_args(Reduction):
        raise ValueError(f"Unsupported reduction operation: '{op}'. Use {', '.join(get_args(Reduction))}.")
    if not isinstance(tensor, (Tensor, int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        raise TypeError(f"Unhandled input type {type(tensor).__name__}: a tensor or a number can be reduced.")
    model = context.current()
    is_member, members = members_of(model, group)
    if not is_member:
        return tensor
    with waiting("all_reduce", model.rank):
        if isinstance(tensor, Tensor):
            return _reduce_tensor(model, tensor, op, members)
        # Python's own numbers: integers of any size, and floats, stay what they are.
        return functools.reduce(_OF_NUMBERS[op], gather_objects(model, tensor, members))


def _reduce_tensor(model: ComputationModel, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
    """The reduction over the group, in the tensor's own type.

    Raises:
        TypeError: AND and OR of floating-point numbers.
    """
    tensor = tensor.detach()
    if op in ("AND", "OR") and (tensor.is_floating_point() or tensor.is_complex()):
        raise TypeError(f"{op} reduces booleans and integers, got a tensor of {tensor.dtype}.")
    if tensor.dtype in model.reducible and op not in ("AND", "OR"):
        return model.reduce(tensor, op, group)
    rows = gather_tensor(model, tensor, group)
    if tensor.dtype == torch.bool:
        return rows.all(dim=0) if op in ("AND", "PRODUCT", "MIN") else rows.any(dim=0)
    return functools.reduce(_OF_TENSORS[op], rows.unbind(0)).clone()


_OF_BOTH: dict[Reduction, Any] = {
    "SUM": operator.add,
    "PRODUCT": operator.mul,
    "AND": operator.and_,
    "OR": operator.or_,
}
_OF_TENSORS = _OF_BOTH | {"MIN": torch.minimum, "MAX": torch.maximum}
_OF_NUMBERS = _OF_BOTH | {"MIN": min, "MAX": max}
