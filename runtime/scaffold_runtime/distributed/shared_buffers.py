"""One state of batch norm for all processes."""

from __future__ import annotations

import torch
from torch import nn

from . import context
from .collectives import broadcast


@torch.no_grad()
def share_buffers(module: nn.Module) -> None:
    """Gives all processes the buffers that rank 0 has, such as the running means of batch norm.

    In training each process takes them from its own samples, and what is saved is those of rank 0. Called before an
    evaluation, all processes measure that network: a run that is resumed there measures the same again.

    Example:
        >>> share_buffers(nn.BatchNorm1d(3))  # one process has nothing to share
    """
    if context.get_world_size() > 1:
        for buffer in module.buffers():
            buffer.copy_(broadcast(buffer, src=0))
