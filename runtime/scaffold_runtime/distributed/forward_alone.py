"""Forward passes in which no process waits for another: processes may evaluate different numbers of batches."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.parallel import DistributedDataParallel

from .collectives import all_gather
from .fully_sharded import reshards_after_forward
from .shared_buffers import share_buffers


@contextmanager
def forward_alone(model: nn.Module, num_batches: int | None = None) -> Generator[None]:
    """Within it a process may call the model more often than another one; entered and left by all together.

    Outside of it DDP broadcasts the buffers at each call, and FSDP2 gathers the parameters: the process with a batch
    more than the others would wait for them until its timeout. Here the buffers are rank 0's from the start, and
    parameters under FSDP2 are gathered once, if the numbers of batches differ - the memory of the whole model.
    `create_supervised_evaluator` does this by itself; an evaluation step of your own needs it.

    Args:
        model: made by `auto_model`, or by hand; compiled or not.
        num_batches: of this process; None if it does not know.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> with forward_alone(model):
        ...     _ = model.eval()
    """
    replicas = [module for module in model.modules() if isinstance(module, DistributedDataParallel)]
    synchronised = [replica for replica in replicas if replica.require_forward_param_sync]
    parts = _sharded_parts(model)
    gathered = parts if parts and _differ(num_batches) else []
    if parts or any(replica.broadcast_buffers for replica in synchronised):
        share_buffers(model)
    try:
        for replica in synchronised:
            replica.require_forward_param_sync = False
        for part in gathered:
            part.set_reshard_after_forward(False, recurse=False)
            part.unshard()
        yield
    finally:
        for replica in synchronised:
            replica.require_forward_param_sync = True
        for part in gathered:
            part.set_reshard_after_forward(reshards_after_forward(part, is_root=part is model), recurse=False)
            part.reshard()


def _sharded_parts(model: nn.Module) -> list[Any]:
    """Its modules whose parameters FSDP2 gathers; none, unless somebody has imported FSDP2."""
    kind = getattr(sys.modules.get("torch.distributed.fsdp"), "FSDPModule", ())
    return [module for module in model.modules() if isinstance(module, kind)]


def _differ(num_batches: int | None) -> bool:
    counts = all_gather(-1 if num_batches is None else num_batches)
    return -1 in counts or len(set(counts)) > 1
