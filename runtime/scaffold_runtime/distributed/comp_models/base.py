"""What every computation model has: who we are, where we compute, and how processes exchange values.

`ComputationModel` is the whole story for one process; the others derive from it and say what differs.
Identity is plain attributes, set once: asking for it never communicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypeVar

import torch
from torch import Tensor

Number: TypeAlias = "int | float | bool"
Reduction: TypeAlias = Literal["SUM", "PRODUCT", "MIN", "MAX", "AND", "OR"]
T = TypeVar("T")


class ComputationModel:
    """One process, alone.

    Attributes:
        name: what `idist.model_name()` says.
        backend: what `idist.backend()` says.
        rank: of this process among all.
        local_rank: of this process on its machine.
        world_size: processes in all.
        nproc_per_node: processes on this machine.
        nnodes: machines.
        node_rank: of this machine.
        device: where this process computes.
    """

    name = "serial"

    def __init__(
        self,
        *,
        backend: str | None = None,
        rank: int = 0,
        local_rank: int = 0,
        world_size: int = 1,
        nproc_per_node: int = 1,
        device: torch.device | None = None,
    ) -> None:
        self.backend = backend
        self.rank = rank
        self.local_rank = local_rank
        self.world_size = world_size
        self.nproc_per_node = nproc_per_node
        self.nnodes = -(-world_size // nproc_per_node)
        self.node_rank = rank // nproc_per_node
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def reduce_tensor(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """The reduction over all processes, as a new tensor."""
        return tensor.clone()

    def gather_tensors(self, tensor: Tensor, group: Any) -> list[Tensor]:
        """The tensor of each process, in rank order; shapes and types are alike."""
        return [tensor.clone()]

    def gather_objects(self, value: T, group: Any) -> list[T]:
        """The value of each process, in rank order."""
        return [value]

    def broadcast_tensor(self, tensor: Tensor, src: int) -> Tensor:
        """The tensor of `src`; shapes and types are alike."""
        return tensor

    def broadcast_object(self, value: T, src: int) -> T:
        """The value of `src`."""
        return value

    def barrier(self) -> None:
        """Returns when all processes have come here."""

    def new_group(self, ranks: Sequence[int]) -> Any:
        """A group of some of the processes."""
        return tuple(ranks)

    def shutdown(self) -> None:
        """Ends what the model has begun."""
