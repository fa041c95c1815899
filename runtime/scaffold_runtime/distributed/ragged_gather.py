"""Tensors of different shapes that all processes know, gathered in one collective."""

from collections.abc import Sequence

import torch
from torch import Tensor

from . import context
from .collective_watchdog import waiting
from .collectives import Group, gather_tensor, members_of


def all_gather_tensors_with_shapes(
    tensor: Tensor, shapes: Sequence[Sequence[int]], group: Group = None
) -> list[Tensor]:
    """The tensors of all processes, whose shapes differ and are known to all; one collective.

    Args:
        tensor: of this process.
        shapes: of each process's tensor, in rank order; a shape may hold no elements.
        group: some of the processes; the others get back what they gave.

    Example:
        >>> all_gather_tensors_with_shapes(torch.ones(2, 1), [[2, 1]])
        [tensor([[1.],
                [1.]])]
    """
    model = context.current()
    is_member, members = members_of(model, group)
    if not is_member:
        return [tensor]
    sizes = [torch.Size(shape).numel() for shape in shapes]
    padded = torch.nn.functional.pad(tensor.detach().reshape(-1), (0, max(sizes) - tensor.numel()))
    with waiting("all_gather_tensors_with_shapes", model.rank):
        rows = gather_tensor(model, padded, members)
    return [row[:size].reshape(tuple(shape)) for row, size, shape in zip(rows, sizes, shapes, strict=True)]
