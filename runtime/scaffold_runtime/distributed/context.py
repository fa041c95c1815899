"""The processes of this run: which one this is, and how they begin and end.

One module-level model answers all questions. Getters read its attributes and never communicate, so
they can be asked on one rank only; collectives are in `collectives`.
"""

from __future__ import annotations

import logging
import socket
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed import Store  # pyright: ignore[reportPrivateImportUsage]  # torch documents it so

from .comp_models import horovod, native, xla
from .comp_models.base import ComputationModel
from .errors import LaunchError
from .waiting import Watch

_model = ComputationModel()
_watch: Watch | None = None
_local_rank: int | None = None


def initialize(
    backend: str,
    *,
    init_method: str | None = None,
    rank: int | None = None,
    world_size: int | None = None,
    timeout: timedelta | None = None,
    store: Store | None = None,
    spmd: bool | None = None,
) -> None:
    """Joins the processes that a launcher has started.

    Args:
        backend: gloo, nccl, mpi, xla-tpu or horovod.
        init_method: where the processes meet; the environment says it if not given.
        rank: of this process; the environment says it if not given.
        world_size: processes in all; the environment says it if not given.
        timeout: how long a collective may wait (torch.distributed's own if not given; under Horovod for ever), and
            the others at the start (5 minutes if not given).
        store: through which the processes meet, in place of `init_method`.
        spmd: xla-tpu only: whether this one process drives all devices, batches sharded over them; by default if
            it has several.

    Raises:
        LaunchError: the backend is unknown or missing, or the processes did not meet.
    """
    global _watch
    check_backend(backend)
    if backend == xla.BACKEND:
        model = xla.XlaModel.start(spmd)
    elif backend == horovod.BACKEND:
        model = horovod.HorovodModel.start(timeout)
    else:
        model = native.NativeModel.start(
            backend, init_method=init_method, rank=rank, world_size=world_size, timeout=timeout, store=store
        )
    _adopt(model)
    _watch = Watch(model.rank) if model.world_size > 1 else None


def finalize() -> None:
    """Leaves the processes; afterwards there is one, this."""
    global _watch
    if _watch is not None:
        _watch.stop()
        _watch = None
    _model.shutdown()
    _adopt(ComputationModel())


def sync(temporary: bool = False) -> None:
    """Takes over the process group that the program made with torch.distributed, without communicating.

    Args:
        temporary: accepted for programs written for Ignite; nothing here depends on it.
    """
    if dist.is_available() and dist.is_initialized():
        _adopt(native.NativeModel.adopt(_local_rank))
    elif _model.name == native.NativeModel.name:
        _adopt(ComputationModel())


def set_local_rank(index: int) -> None:
    """Says this process's number on its machine, where a program makes its own process group and `sync` cannot know."""
    global _local_rank
    _local_rank = index


def current() -> ComputationModel:
    """The model that collectives use; a process group that the program made itself is noticed here."""
    if _model.world_size == 1 and _model.backend is None and dist.is_available() and dist.is_initialized():
        sync()
    return _model


def check_backend(backend: str) -> None:
    """Refuses a backend that does not exist or that this machine lacks.

    Raises:
        LaunchError: with the reason, and what there is instead.
    """
    if backend == xla.BACKEND:
        xla.check_installed()
    elif backend == horovod.BACKEND:
        horovod.check_installed()
    elif backend in native.BACKENDS:
        native.check_backend(backend)
    else:
        known = ", ".join((*native.BACKENDS, xla.BACKEND, horovod.BACKEND))
        raise LaunchError(f"Unknown backend '{backend}'.", f"The backends are {known}; None is one process.")


def available_backends() -> tuple[str, ...]:
    """The backends that this machine can run."""
    others = ((xla.BACKEND, xla.is_available()), (horovod.BACKEND, horovod.is_available()))
    return (*native.available_backends(), *(name for name, there in others if there))


def backend() -> str | None:
    """The backend in use; None for one process without any."""
    return _model.backend


def model_name() -> str:
    """The computation model in use: serial, native-dist, xla-dist or horovod-dist."""
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


def end_step() -> None:
    """Ends a step of training: on XLA devices the host hands over the recorded graph; elsewhere nothing happens."""
    _model.end_step()


def rng_state() -> Any:
    """The state of the random number generator of this process's device; None where that is the CPU."""
    return _model.rng_state()


def set_rng_state(state: Any) -> None:
    """Sets it; None, and a state of another kind of device, change nothing."""
    _model.set_rng_state(state)


def hostname() -> str:
    """This machine's name."""
    return socket.gethostname()


def show_config() -> None:
    """Logs what the getters say."""
    answers: dict[str, Any] = {
        "distributed configuration": model_name(),
        "backend": backend(),
        "device": device(),
        "hostname": hostname(),
        "world size": get_world_size(),
        "rank": get_rank(),
        "local rank": get_local_rank(),
        "num processes per node": get_nproc_per_node(),
        "num nodes": get_nnodes(),
        "node rank": get_node_rank(),
    }
    for question, answer in answers.items():
        logging.getLogger(__name__).info("%s: %s", question, answer)


def _adopt(model: ComputationModel) -> None:
    global _model
    _model = model
