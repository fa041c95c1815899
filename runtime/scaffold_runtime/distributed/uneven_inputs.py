"""Forward passes in which no process waits for another: processes may evaluate different numbers of batches."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP

from . import context, state_codec
from .collectives import broadcast
from .comp_models.base import replicas


@contextmanager
def uneven_inputs(model: nn.Module, num_batches: int | None = None) -> Generator[None]:
    """Within it a process may call the model more often than another one; entered and left by all together.

    Outside of it DDP broadcasts the buffers at each call, and FSDP2 gathers the parameters: the process with a batch
    more than the others would wait for them until its timeout. Here the buffers are rank 0's from the start,
    broadcast once, and parameters under FSDP2 are gathered once, if the numbers of batches differ - the memory of
    the whole model. `create_supervised_evaluator` does this by itself; an evaluation step of your own needs it.

    Args:
        model: made by `auto_model` or `shard_model`, or by hand; compiled or not.
        num_batches: of this process; None if it does not know.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> with uneven_inputs(model):
        ...     _ = model.eval()
    """
    if context.current().world_size == 1:
        yield
        return
    modules = list(model.modules())
    # Those that still synchronise: within another `uneven_inputs` there are none, and nothing is broadcast again.
    synchronised = [module for module in modules if isinstance(module, DDP) and module.require_forward_param_sync]
    if any(module.broadcast_buffers for module in synchronised) or any(module in replicas for module in modules):
        broadcast_buffers(model)
    with state_codec.codec.gathered(model, num_batches):
        try:
            for module in synchronised:
                module.require_forward_param_sync = False
            yield
        finally:
            for module in synchronised:
                module.require_forward_param_sync = True


@torch.no_grad()
def broadcast_buffers(module: nn.Module) -> None:
    """Gives all processes the buffers that rank 0 has, such as the running means of batch norm.

    In training each process takes them from its own samples, and what is saved is those of rank 0. Called before an
    evaluation (`uneven_inputs` does), all processes measure that network: a run that is resumed there measures the
    same again.

    Example:
        >>> broadcast_buffers(nn.BatchNorm1d(3))  # one process has nothing to broadcast
    """
    if context.current().world_size > 1:
        for buffer in module.buffers():
            buffer.copy_(broadcast(buffer, src=0))
