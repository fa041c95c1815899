"""States of models and optimizers whose parameters are spread over processes (FSDP2), as whole tensors and back.

Files hold whole tensors under the names and indices that one process would write, so that what FSDP saved
loads in DDP, in a single process, and in another number of shards.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from .. import distributed as idist


def whole(state: Any, *, on_rank: int) -> Any:
    """The state with whole tensors on one rank and empty ones on the others; a collective if anything is sharded.

    One tensor at a time is gathered, and it leaves the device before the next one.
    """
    if is_sharded(state):
        gathered: Tensor = state.full_tensor()
        return gathered.detach().cpu() if idist.get_rank() == on_rank else torch.empty(0)
    if isinstance(state, Mapping):
        mapping = cast("Mapping[Any, Any]", state)
        result = OrderedDict((key, whole(value, on_rank=on_rank)) for key, value in mapping.items())
        if not hasattr(mapping, "_metadata"):
            return dict(result)
        cast(Any, result)._metadata = cast(Any, mapping)._metadata
        return result
    if isinstance(state, list):
        return [whole(value, on_rank=on_rank) for value in cast("list[Any]", state)]
    return state


def shard_like(value: Any, parameter: Any) -> Any:
    """This process's part of a whole tensor, where the parameter is in parts; anything else as it is."""
    if not (is_sharded(parameter) and isinstance(value, Tensor) and value.shape == parameter.shape):
        return value
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value.to(parameter.device), parameter.device_mesh, parameter.placements)


def shard_optimizer_state(optimizer: Optimizer, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """The optimizer's whole state with this process's parts in it."""
    groups: list[dict[str, Any]] = optimizer.param_groups
    parameters = [parameter for group in groups for parameter in group["params"]]
    if not any(is_sharded(parameter) for parameter in parameters):
        return state
    own = {
        index: {name: shard_like(value, parameters[index]) for name, value in values.items()}
        for index, values in state["state"].items()
    }
    return {**state, "state": own}


def is_sharded(value: object) -> bool:
    """Whether it is a tensor in parts."""
    return isinstance(value, Tensor) and hasattr(value, "full_tensor")
