"""FSDP2: every process keeps a part of each parameter, and gathers the whole only while it computes with it."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from ..exceptions import LaunchError
from . import context, state_codec
from .comp_models.native import NativeModel
from .sharded_states import ShardedStateCodec, reshards_after_forward

state_codec.codec = ShardedStateCodec()


def shard_model(
    model: nn.Module,
    *,
    wrap: Sequence[type[nn.Module]] = (),
    param_dtype: torch.dtype | None = None,
    reduce_dtype: torch.dtype | None = None,
    **kwargs: Any,
) -> nn.Module:
    """Moves a model to this process's device and shards its parameters over the processes, in place.

    In the place of `auto_model`, which gives each process a whole copy. Make the optimizer afterwards: sharding
    replaces the parameters. Without a backend there is one process, and nothing to shard.

    Gradients are reduced to shards in every backward pass, also those of a trainer that accumulates several: without
    (`model.set_requires_gradient_sync(False)`) each process would keep the gradients of the whole model, which is the
    memory that sharding is there to save.

    Args:
        model: the network.
        wrap: classes of modules that are gathered one at a time, such as the blocks of a transformer; without them
            the whole model is gathered at once.
        param_dtype: of computation, such as `torch.bfloat16`; the parameters themselves keep their own.
        reduce_dtype: of gradients on their way.
        **kwargs: of `torch.distributed.fsdp.fully_shard`.

    Raises:
        LaunchError: this torch has no FSDP2, or the processes do not talk through torch.distributed.
        ValueError: the model has no module of the classes in `wrap`.
    """
    processes = context.current()
    model = model.to(processes.device)
    if processes.backend is None:
        return model
    if not isinstance(processes, NativeModel):
        raise LaunchError(
            f"`shard_model` belongs to torch.distributed, and the backend is '{processes.backend}'.",
            "Use `auto_model`.",
        )
    try:
        from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
    except ImportError:
        raise LaunchError(
            f"`shard_model` needs torch 2.6 or newer; this is {torch.__version__}.", "pip install --upgrade torch."
        ) from None
    if param_dtype is not None or reduce_dtype is not None:
        kwargs["mp_policy"] = MixedPrecisionPolicy(param_dtype=param_dtype, reduce_dtype=reduce_dtype)
    blocks = [module for module in model.modules() if isinstance(module, tuple(wrap))]
    if wrap and not blocks:
        names = ", ".join(kind.__name__ for kind in wrap)
        raise ValueError(f"`wrap` names {names}, and the model has no such module.")
    for tensor in (*model.parameters(), *model.buffers()):  # all begin as rank 0 does, as under DDP
        dist.broadcast(tensor.detach(), src=0)
    for block in reversed([model, *(block for block in blocks if block is not model)]):  # from the inside out
        fully_shard(block, **kwargs)
        reshards_after_forward[block] = kwargs.get("reshard_after_forward")
    return model
