"""What every computation model has: who we are, where we compute, and a few ways to move bytes.

`ComputationModel` is the whole story for one process; the others derive from it and say what differs.
Identity is plain attributes, set once: asking for it never communicates. Backends move bytes and
reduce numbers; everything else (types, strings, objects) is built on that once, in `exchange`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias
from weakref import WeakSet

import torch
from torch import Tensor, nn

Number: TypeAlias = "int | float | bool"
Reduction: TypeAlias = Literal["SUM", "PRODUCT", "MIN", "MAX", "AND", "OR"]

replicas: WeakSet[nn.Module] = WeakSet()
"""Models that `auto_model` has replicated without a wrapper that says so."""


def no_group(group: object) -> ValueError:
    """What to raise for a group that is none."""
    return ValueError(f"`group` should be a list of int or what `new_group` returned, got {group!r}.")


class ComputationModel:
    """One process, alone.

    Attributes:
        name: what `idist.model_name()` says.
        backend: what `idist.backend()` says.
        rank: of this process among all.
        local_rank: of this process on its machine.
        world_size: processes in all.
        nproc_per_node: processes on this machine; others may have another number.
        nnodes: machines.
        node_rank: of this machine.
        device: where this process computes.
        reducible: the types that `reduce` takes; others travel as bytes and are reduced here.
    """

    name = "serial"
    reducible: frozenset[torch.dtype] = frozenset()

    def __init__(
        self,
        *,
        backend: str | None = None,
        rank: int = 0,
        local_rank: int = 0,
        world_size: int = 1,
        nproc_per_node: int = 1,
        node_rank: int | None = None,
        nnodes: int | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.backend = backend
        self.rank = rank
        self.local_rank = local_rank
        self.world_size = world_size
        self.nproc_per_node = nproc_per_node
        self.nnodes = nnodes or -(-world_size // nproc_per_node)
        self.node_rank = rank // nproc_per_node if node_rank is None else node_rank
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._groups: dict[tuple[int, ...], Any] = {}

    def reduce(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """SUM, PRODUCT, MIN or MAX over the group, as a new tensor on any device."""
        return tensor.clone()

    def gather_bytes(self, data: Tensor, group: Any) -> Tensor:
        """The bytes of each process of the group, in rank order: one row for each."""
        return data.clone().unsqueeze(0)

    def broadcast_bytes(self, data: Tensor, src: int) -> Tensor:
        """The bytes of `src`."""
        return data

    def barrier(self) -> None:
        """Returns when all processes have come here."""

    def begin_any(self, flag: bool) -> Callable[[], bool]:
        """Asks all processes whether one of them says yes; the function returned waits for the answer."""
        return lambda: flag

    def group_of(self, ranks: Sequence[int]) -> Any:
        """The group of these processes; the same object for the same ranks."""
        key = tuple(sorted(ranks))
        if key not in self._groups:
            self._groups[key] = self.new_group(key)
        return self._groups[key]

    def new_group(self, ranks: tuple[int, ...]) -> Any:
        """Makes a group of some of the processes."""
        return ranks

    def is_member(self, group: Any) -> bool:
        """Whether this process is in the group.

        Raises:
            ValueError: it is no group.
        """
        if group is not None and not isinstance(group, tuple):
            raise no_group(group)
        return group is None or self.rank in group

    def end_step(self) -> None:
        """Called where a step of training ends: devices that record what they are to do begin with it now."""

    def rng_state(self) -> Any:
        """The random number generator of this process's device; None on the CPU, whose generator is torch's own."""
        if self.device.type == "cpu":
            return None
        module: Any = torch.get_device_module(self.device)
        return module.get_rng_state() if self.device.type == "mps" else module.get_rng_state(self.device)

    def set_rng_state(self, state: Any) -> None:
        """Goes back there; a state of another kind of device has nowhere to go."""
        if self.device.type == "cpu" or not isinstance(state, Tensor):
            return
        module: Any = torch.get_device_module(self.device)
        if self.device.type == "mps":
            module.set_rng_state(state.cpu())
        else:
            module.set_rng_state(state.cpu(), self.device)

    def shutdown(self) -> None:
        """Ends what the model has begun."""
