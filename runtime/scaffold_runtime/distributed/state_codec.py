"""How a state goes into a file and comes back: as whole tensors, under the names that one process would write.

Processes that hold whole parameters have nothing to do. A module that spreads parameters over processes
(`sharded_model`) registers a codec of its own when it is imported: what is saved then loads anywhere.
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


def register_codec(codec: StateCodec) -> None:
    """Makes it the one that `codec` returns."""
    global _codec
    _codec = codec


def codec() -> StateCodec:
    """The codec for the models of this program.

    Example:
        >>> codec().shard_like("anything", parameter=None)
        'anything'
    """
    return _codec


_codec = StateCodec()
