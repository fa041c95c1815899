"""Decisions that all processes take together: one that stops alone leaves the others waiting for it."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import distributed as idist


def any_rank(flag: bool | Tensor) -> bool:
    """Whether the flag is set on any rank. A collective: every rank asks, at the same place."""
    if idist.get_world_size() == 1:
        return bool(flag)
    number = torch.as_tensor(flag, dtype=torch.int32, device=idist.device())
    return bool(idist.all_reduce(number, op="MAX"))
