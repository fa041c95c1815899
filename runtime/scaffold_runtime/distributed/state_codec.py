"""How a state goes into a file and comes back: as whole tensors, under the names that one process would write.

Processes that hold whole parameters have nothing to do. A module that spreads parameters over processes
(`sharded_model`) puts a codec of its own in its place when it is imported: what is saved then loads anywhere.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch import nn
from torch.optim import Optimizer


class StateCodec:
    """Of processes that hold whole tensors: everything stays as it is."""

    def whole(self, state: Any, *, on_rank: int) -> Any:
        """The state with whole tensors on one rank; a collective if anything is sharded."""
        return state

    def shard_like(self, value: Any, parameter: Any) -> Any:
        """This process's part of a whole tensor, where the parameter is in parts."""
        return value

    def shard_optimizer_state(self, optimizer: Optimizer, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """An optimizer's whole state with this process's parts in it."""
        return state

    def gathered(self, model: nn.Module, num_batches: int | None) -> AbstractContextManager[None]:
        """Within it a forward pass needs no other process: see `uneven_inputs`, which enters it on all of them."""
        return nullcontext()


codec = StateCodec()
"""For the models of this program; it may be replaced, so others read it as `state_codec.codec`."""
