"""A model made ready for however many processes there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, cast

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from . import context
from .activation_checkpointing import checkpoint_activations
from .comp_models import horovod, native, xla
from .errors import LaunchError
from .sharded_model import shard_model

Strategy: TypeAlias = Literal["auto", "none", "ddp", "fsdp"]


def auto_model(
    model: nn.Module,
    sync_bn: bool = False,
    *,
    strategy: Strategy = "auto",
    checkpoint: Sequence[type[nn.Module]] = (),
    wrap: Sequence[type[nn.Module]] = (),
    param_dtype: torch.dtype | None = None,
    reduce_dtype: torch.dtype | None = None,
    **kwargs: Any,
) -> nn.Module:
    """The model on this process's device, replicated or sharded over the processes.

    Make the optimizer afterwards: sharding replaces the parameters.

    Args:
        model: the network.
        sync_bn: batch norm over all processes (GPUs only).
        strategy: `ddp` gives each process a whole copy, `fsdp` (FSDP2) a part of each parameter, `none` leaves
            the processes alone; `auto` is `ddp` for several processes of torch.distributed. On XLA and Horovod
            every process has a copy, and `auto_optim` averages the gradients.
        checkpoint: classes of modules whose activations are computed again in the backward pass, not kept.
        wrap: classes of modules that are gathered one at a time under `fsdp`: the blocks of a transformer.
        param_dtype: of computation under `fsdp`, such as `torch.bfloat16`.
        reduce_dtype: of gradients on their way under `fsdp`.
        **kwargs: of `DistributedDataParallel` (such as `static_graph`), or of `fully_shard` under `fsdp`.

    Raises:
        LaunchError: the strategy does not go with the backend.
    """
    current = context.current()
    model = model.to(current.device)
    checkpoint_activations(model, checkpoint)
    if strategy not in ("auto", "none", "ddp", "fsdp"):
        raise ValueError(f"`strategy` should be auto, none, ddp or fsdp, got {strategy!r}.")
    if strategy in ("ddp", "fsdp") and current.backend not in (None, *native.BACKENDS):
        raise LaunchError(
            f"Strategy '{strategy}' belongs to torch.distributed, and the backend is '{current.backend}'.",
            "Leave `strategy` out.",
        )
    if strategy == "none" or current.backend is None:
        return model
    if strategy == "fsdp":
        return shard_model(model, wrap=wrap, param_dtype=param_dtype, reduce_dtype=reduce_dtype, **kwargs)
    if current.world_size == 1:
        return model
    if sync_bn and current.device.type == "cuda":
        convert = cast("Any", nn.SyncBatchNorm.convert_sync_batchnorm)
        model = convert(model)
    return _replicate(model, **kwargs)


def _replicate(model: nn.Module, **kwargs: Any) -> nn.Module:
    if context.backend() == horovod.BACKEND:
        horovod.horovod().broadcast_parameters(model.state_dict(), root_rank=0)
        return model
    if context.backend() == xla.BACKEND:
        xla.torch_xla(".core.xla_model").broadcast_master_param(model)
        return model
    device = context.device()
    return DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None, **kwargs)
