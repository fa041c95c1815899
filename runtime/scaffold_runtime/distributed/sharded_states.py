"""States of models and optimizers whose parameters are spread over processes (FSDP2), as whole tensors and back.

Files hold whole tensors under the names and indices that one process would write, so that what FSDP saved
loads in DDP, in a single process, and in another number of shards.
"""

import sys
from collections import OrderedDict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from . import context
from .collectives import all_gather
from .state_codec import StateCodec
from .uneven_inputs import broadcast_buffers

reshards_after_forward: WeakKeyDictionary[nn.Module, bool | int | None] = WeakKeyDictionary()
"""What `shard_model` was told for each module: FSDP2 does not tell."""


class ShardedStateCodec(StateCodec):
    """Gathers parameters in parts, where there are any; states without leave as they are, at no cost."""

    def whole(self, state: Any, *, on_rank: int) -> Any:
        """The state with whole tensors on one rank and empty ones on the others; a collective if anything is sharded.

        One tensor at a time is gathered, and it leaves the device before the next one.
        """
        if is_sharded(state):
            gathered: Tensor = state.full_tensor()
            return gathered.detach().cpu() if context.get_rank() == on_rank else torch.empty(0)
        if isinstance(state, Mapping):
            mapping = cast("Mapping[Any, Any]", state)
            result = OrderedDict((key, self.whole(value, on_rank=on_rank)) for key, value in mapping.items())
            if not hasattr(mapping, "_metadata"):
                return dict(result)
            cast("Any", result)._metadata = cast("Any", mapping)._metadata  # of `nn.Module.state_dict`
            return result
        if isinstance(state, list):
            return [self.whole(value, on_rank=on_rank) for value in cast("list[Any]", state)]
        return state

    def shard_like(self, value: Any, parameter: Any) -> Any:
        """This process's part of a whole tensor, where the parameter is in parts; anything else as it is."""
        if not (is_sharded(parameter) and isinstance(value, Tensor) and value.shape == parameter.shape):
            return value
        from torch.distributed.tensor import distribute_tensor

        return distribute_tensor(value.to(parameter.device), parameter.device_mesh, parameter.placements)

    def shard_optimizer_state(self, optimizer: Optimizer, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """The optimizer's whole state with this process's parts in it."""
        groups: list[dict[str, Any]] = optimizer.param_groups
        parameters = [parameter for group in groups for parameter in group["params"]]
        if not any(is_sharded(parameter) for parameter in parameters):
            return state
        own = {
            index: {name: self.shard_like(value, parameters[index]) for name, value in values.items()}
            for index, values in state["state"].items()
        }
        return {**state, "state": own}

    @contextmanager
    def gathered(self, model: nn.Module, num_batches: int | None) -> Generator[None]:
        """Whole parameters, if processes have different numbers of batches; the buffers of rank 0 in any case."""
        parts = _sharded_parts(model)
        if parts:
            broadcast_buffers(model)
        parts = parts if parts and _differ(num_batches) else []
        try:
            for part in parts:
                part.set_reshard_after_forward(False, recurse=False)
                part.unshard()
            yield
        finally:
            for part in parts:
                part.set_reshard_after_forward(_reshards(part, is_root=part is model), recurse=False)
                part.reshard()


def is_sharded(value: object) -> bool:
    """Whether it is a tensor in parts."""
    return isinstance(value, Tensor) and hasattr(value, "full_tensor")


def _sharded_parts(model: nn.Module) -> list[Any]:
    """Its modules whose parameters FSDP2 gathers; none, unless somebody has imported FSDP2."""
    kind = getattr(sys.modules.get("torch.distributed.fsdp"), "FSDPModule", ())
    return [module for module in model.modules() if isinstance(module, kind)]


def _differ(num_batches: int | None) -> bool:
    counts = all_gather(-1 if num_batches is None else num_batches)
    return -1 in counts or len(set(counts)) > 1


def _reshards(module: nn.Module, *, is_root: bool) -> bool:
    """Whether it frees what it has gathered after each forward pass, as FSDP2 decides if nobody does."""
    chosen = reshards_after_forward.get(module)
    return not is_root if chosen is None else bool(chosen)
