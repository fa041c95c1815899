"""The processes of this run: who we are, and how we exchange values.

One module-level model answers all questions; getters read its attributes and never communicate, so
they can be asked on one rank only. Collectives must be called on all ranks.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, cast

import torch
from torch import Tensor

from .comp_models import native, xla
from .comp_models.base import ComputationModel, Number, Reduction
from .launch_error import LaunchError

T = TypeVar("T")
P = ParamSpec("P")

_model = ComputationModel()


def initialize(
    backend: str,
    *,
    init_method: str | None = None,
    rank: int | None = None,
    world_size: int | None = None,
    timeout: timedelta | None = None,
) -> None:
    """Joins the processes that a launcher has started.

    Args:
        backend: gloo, nccl, mpi or xla-tpu.
        init_method: where the processes meet; the environment says it if not given.
        rank: of this process; the environment says it if not given.
        world_size: processes in all; the environment says it if not given.
        timeout: how long a collective may wait.

    Raises:
        LaunchError: the backend is unknown or missing, or the processes did not meet.
    """
    global _model
    if backend == xla.BACKEND:
        _model = xla.XlaModel.start()
    elif backend in native.BACKENDS:
        _model = native.NativeModel.start(
            backend, init_method=init_method, rank=rank, world_size=world_size, timeout=timeout
        )
    else:
        known = ", ".join((*native.BACKENDS, xla.BACKEND))
        raise LaunchError(f"There is no backend '{backend}'.", f"The backends are {known}; None is one process.")


def finalize() -> None:
    """Leaves the processes; afterwards there is one, this."""
    global _model
    _model.shutdown()
    _model = ComputationModel()


def sync() -> None:
    """Takes over the process group that the program made with torch.distributed, without communicating."""
    global _model
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        _model = native.NativeModel.adopt()


def available_backends() -> tuple[str, ...]:
    """The backends that this machine can run."""
    return (*native.available_backends(), *((xla.BACKEND,) if xla.is_available() else ()))


def backend() -> str | None:
    """The backend in use; None for one process without any."""
    return _model.backend


def model_name() -> str:
    """The computation model in use: serial, native-dist or xla-dist."""
    return _model.name


def device() -> torch.device:
    """Where this process computes."""
    return _model.device


def get_rank() -> int:
    """This process's number among all."""
    return _model.rank


def get_local_rank() -> int:
    """This process's number on its machine."""
    return _model.local_rank


def get_world_size() -> int:
    """Processes in all."""
    return _model.world_size


def get_nproc_per_node() -> int:
    """Processes on each machine."""
    return _model.nproc_per_node


def get_nnodes() -> int:
    """Machines."""
    return _model.nnodes


def get_node_rank() -> int:
    """This machine's number."""
    return _model.node_rank


def hostname() -> str:
    """This machine's name."""
    return socket.gethostname()


def barrier() -> None:
    """Returns when all processes have come here."""
    _model.barrier()


def all_reduce(tensor: Tensor | Number, op: Reduction = "SUM", group: Any = None) -> Tensor | Number:
    """The reduction of a tensor or number over all processes; int64 and float64 stay exact.

    Example:
        >>> all_reduce(2**53 + 1)
        9007199254740993
    """
    if isinstance(tensor, Tensor):
        return _model.reduce_tensor(tensor, op, group)
    return _model.reduce_tensor(_as_tensor(tensor), op, group).item()


def all_gather(tensor: Any, group: Any = None) -> Any:
    """What each process has, in rank order.

    Tensors of one shape are concatenated along the first axis (scalars become a vector); anything else
    - numbers, strings, objects - comes as a list.
    """
    if isinstance(tensor, Tensor):
        return torch.cat(
            [entry.reshape(-1) if entry.ndim == 0 else entry for entry in _model.gather_tensors(tensor, group)]
        )
    return _model.gather_objects(tensor, group)


def broadcast(tensor: Any, src: int = 0, safe_mode: bool = False) -> Any:
    """What process `src` has.

    Args:
        tensor: a tensor, number, string or object; with `safe_mode` only that of `src` matters.
        src: the process that sends.
        safe_mode: the others need not know shape and type; costs one more collective for tensors.
    """
    if safe_mode:
        kind = (tensor.shape, tensor.dtype) if isinstance(tensor, Tensor) and get_rank() == src else None
        kind = _model.broadcast_object(kind, src)
        if kind is not None and get_rank() != src:
            tensor = torch.empty(kind[0], dtype=kind[1], device=device())
    if isinstance(tensor, Tensor):
        return _model.broadcast_tensor(tensor, src)
    return _model.broadcast_object(tensor, src)


def new_group(ranks: Sequence[int]) -> Any:
    """A group of some of the processes, for the `group` of a collective; every process calls it."""
    return _model.new_group(ranks)


def one_rank_only(rank: int = 0, with_barrier: bool = False) -> Callable[[Callable[P, T]], Callable[P, T | None]]:
    """Decorator: runs the function on one process, and gives None on the others.

    Args:
        rank: the process that runs it.
        with_barrier: the others wait for it.

    Example:
        >>> @one_rank_only()
        ... def hello():
        ...     return "once"
        >>> hello()
        'once'
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T | None]:
        @functools.wraps(function)
        def on_one_rank(*args: P.args, **kwargs: P.kwargs) -> T | None:
            result = function(*args, **kwargs) if get_rank() == rank else None
            if with_barrier:
                barrier()
            return result

        return on_one_rank

    return decorate


@contextmanager
def one_rank_first(rank: int = 0, local: bool = False) -> Generator[None]:
    """Runs the block on one process, then on the others: who downloads, who finds it downloaded.

    Args:
        rank: the process that goes first.
        local: one process of each machine goes first.
    """
    mine = get_local_rank() if local else get_rank()
    if mine != rank:
        barrier()
    yield
    if mine == rank:
        barrier()


def _as_tensor(value: Number) -> Tensor:
    kind = torch.bool if isinstance(value, bool) else torch.int64 if isinstance(value, int) else torch.float64
    return torch.tensor(cast(Any, value), dtype=kind)
