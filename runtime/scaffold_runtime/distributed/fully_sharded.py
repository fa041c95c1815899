"""FSDP2: every process keeps a part of each parameter, and gathers the whole only while it computes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from .errors import LaunchError

_RESHARDS: WeakKeyDictionary[nn.Module, bool | int | None] = WeakKeyDictionary()  # FSDP2 does not tell


def shard_fully(
    model: nn.Module,
    *,
    wrap: Sequence[type[nn.Module]] = (),
    param_dtype: torch.dtype | None = None,
    reduce_dtype: torch.dtype | None = None,
    **kwargs: Any,
) -> nn.Module:
    """Shards the parameters of a model, in place.

    Gradients are reduced to shards in every backward pass, also those of a trainer that accumulates several: without
    (`model.set_requires_gradient_sync(False)`) each process would keep the gradients of the whole model, which is the
    memory that sharding is there to save.

    Args:
        model: the network, on its device, the same on all processes.
        wrap: classes of modules that are gathered one at a time; without them the whole model is gathered at once.
        param_dtype: of computation; the parameters themselves keep their own.
        reduce_dtype: of gradients on their way.
        **kwargs: of `torch.distributed.fsdp.fully_shard`.

    Raises:
        LaunchError: this torch has no FSDP2.
        ValueError: the model has no module of the classes in `wrap`.
    """
    try:
        from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
    except ImportError:
        raise LaunchError(
            f"Strategy 'fsdp' needs torch 2.6 or newer; this is {torch.__version__}.", "pip install --upgrade torch."
        ) from None
    broadcast_parameters(model)
    if param_dtype is not None or reduce_dtype is not None:
        kwargs["mp_policy"] = MixedPrecisionPolicy(param_dtype=param_dtype, reduce_dtype=reduce_dtype)
    blocks = [module for module in model.modules() if isinstance(module, tuple(wrap))]
    if wrap and not blocks:
        names = ", ".join(kind.__name__ for kind in wrap)
        raise ValueError(f"`wrap` names {names}, and the model has no such module.")
    if model not in blocks:
        blocks.insert(0, model)
    for block in reversed(blocks):  # from the inside out
        fully_shard(block, **kwargs)
        _RESHARDS[block] = kwargs.get("reshard_after_forward")
    return model


def reshards_after_forward(module: nn.Module, *, is_root: bool) -> bool:
    """Whether a sharded module frees what it has gathered after each forward pass, as FSDP2 decides if nobody does."""
    chosen = _RESHARDS.get(module)
    return not is_root if chosen is None else bool(chosen)


def broadcast_parameters(model: nn.Module) -> None:
    """Gives all processes the parameters and buffers of rank 0, as DDP does."""
    import torch.distributed as dist

    for tensor in (*model.parameters(), *model.buffers()):
        dist.broadcast(tensor.detach(), src=0)
