"""What every computation model has: who we are, where we compute, and a few ways to move bytes.

`ComputationModel` is the whole story for one process; the others derive from it, name their backends and say what
differs. Whoever needs a backend asks this class by the backend's name, so a program has the backends whose modules
are there. Identity is plain attributes, set once: asking for it never communicates. Backends move bytes and
reduce numbers; everything else (types, strings, objects) is built on that once, in `collectives`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from ...exceptions import LaunchError

Reduction: TypeAlias = Literal["SUM", "PRODUCT", "MIN", "MAX", "AND", "OR"]
OptimizerT = TypeVar("OptimizerT", bound=Optimizer)
T_co = TypeVar("T_co", covariant=True)

models: dict[str, type[ComputationModel]] = {}
"""The computation model of each backend: those whose modules have been imported."""

ELSEWHERE = ("horovod", "xla-tpu")
"""Backends that a project has only if it was made with them, or got them later."""

Program: TypeAlias = Callable[..., None]
"""What each process that `spawn` starts runs, from joining to leaving; it takes arguments of `idist.initialize`."""

replicas: WeakSet[nn.Module] = WeakSet()
"""Models that `replicate` has made the same on all processes, without a wrapper that says so."""


def model_of(backend: str) -> type[ComputationModel]:
    """The computation model of a backend.

    Raises:
        LaunchError: there is none.
    """
    if backend in models:
        return models[backend]
    if backend in ELSEWHERE:
        raise LaunchError(
            f"Backend '{backend}' is not part of this project.", f"`scaffold add backend {backend}` brings it."
        )
    raise LaunchError(
        f"Unknown backend '{backend}'.", f"The backends are {', '.join(sorted(models))}; None is one process."
    )


def auto_backend(nproc_per_node: int | None) -> str:
    """The backend that the machine and the launcher ask for.

    One that this project does not carry is named too: `model_of` then says how to get it, where one process on the CPU
    would be a surprise.

    Args:
        nproc_per_node: processes that will be started here.
    """
    if "HOROVOD_RANK" in os.environ:
        return "horovod"
    if "PJRT_DEVICE" in os.environ and find_spec("torch_xla"):
        return "xla-tpu"
    if nproc_per_node is None and not {"WORLD_SIZE", "SLURM_NTASKS"} & os.environ.keys():
        return "none"
    return "nccl" if torch.cuda.is_available() else "gloo"


def no_group(group: object) -> ValueError:
    """What to raise for a group that is none."""
    return ValueError(f"`group` should be a list of int or what `new_group` returned, got {group!r}.")


def take_gpu(local_rank: int) -> torch.device:
    """Makes GPU number `local_rank` this process's own.

    Raises:
        LaunchError: the machine has fewer.
    """
    if local_rank >= torch.cuda.device_count():
        raise LaunchError(
            f"Local rank {local_rank} needs GPU {local_rank}, and this machine has {torch.cuda.device_count()}.",
            "Start at most one process for each GPU.",
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


@dataclass(eq=False, kw_only=True)
class ComputationModel:
    """One process, alone.

    Attributes:
        name: what `idist.model_name()` says.
        backends: that this class is for.
        backend: what `idist.backend()` says.
        rank: of this process among all.
        local_rank: of this process on its machine.
        world_size: processes in all.
        nproc_per_node: processes on this machine; others may have another number.
        nnodes: machines.
        node_rank: of this machine.
        device: where this process computes.
        store: where processes leave words for each other, if there is such a place.
        reducible: the types that `reduce` takes; others travel as bytes and are reduced here.
    """

    name: ClassVar[str] = "serial"
    backends: ClassVar[tuple[str, ...]] = ()
    reducible = frozenset[torch.dtype]()

    backend: str | None = None
    rank: int = 0
    local_rank: int = 0
    world_size: int = 1
    nproc_per_node: int = 1
    nnodes: int = 1
    node_rank: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    store: Any = None
    _groups: dict[tuple[int, ...], Any] = field(default_factory=dict[tuple[int, ...], Any], init=False)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        models.update(dict.fromkeys(cls.backends, cls))

    @classmethod
    def check(cls, backend: str) -> None:
        """Refuses a backend that this machine lacks.

        Raises:
            LaunchError: with the reason, and what to do.
        """

    @classmethod
    def start(cls, backend: str, **options: Any) -> ComputationModel:
        """Joins the processes that a launcher has started; options are those of `idist.initialize`."""
        raise NotImplementedError

    @classmethod
    def spawn(cls, backend: str, program: Program, nproc_per_node: int, **options: Any) -> None:
        """Starts processes that run the program, and ends as they end; options are those of `idist.spawn`."""
        raise NotImplementedError

    @classmethod
    def launcher(cls, environment: Mapping[str, str]) -> str | None:
        """The launcher that has started this process, if the environment names one that belongs to this model."""
        return None

    def replicate(self, model: nn.Module, **options: Any) -> nn.Module:
        """The model, which begins on all processes as on rank 0; see `auto_model`."""
        return model

    def wrap_optimizer(self, optimizer: OptimizerT, **options: Any) -> OptimizerT:
        """The optimizer, which gets the gradients of all processes; see `auto_optim`."""
        return optimizer

    def wrap_loader(self, loader: DataLoader[T_co]) -> DataLoader[T_co]:
        """The loader, whose batches are where the device wants them; see `auto_dataloader`."""
        return loader

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
        answers = self.gather_bytes(torch.tensor([flag], dtype=torch.uint8), None)
        return lambda: bool(answers.any())

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
        return torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None

    def set_rng_state(self, state: Any) -> None:
        """Goes back there; a state of another kind of device has nowhere to go."""
        if self.device.type == "cuda" and isinstance(state, Tensor):
            torch.cuda.set_rng_state(state.cpu(), self.device)

    def shutdown(self) -> None:
        """Ends what the model has begun."""
