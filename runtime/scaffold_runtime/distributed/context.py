"""The processes of this run: which one this is, and how they begin and end.

One module-level model answers all questions. Getters read its attributes and never communicate, so
they can be asked on one rank only; collectives are in `collectives`.
"""

import os
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from . import comp_models
from .collective_watchdog import watch
from .comp_models.base import ComputationModel

model = ComputationModel()
"""Of this process; it changes when processes are joined or left, so others read it as `context.model`."""

_watch = ExitStack()  # over collectives; closed when the processes are left


def initialize(
    backend: str,
    *,
    init_method: str | None = None,
    rank: int | None = None,
    world_size: int | None = None,
    timeout: timedelta | None = None,
    **kwargs: Any,
) -> None:
    """Joins the processes that a launcher has started.

    Args:
        backend: gloo, nccl, mpi, or another that is there.
        init_method: where the processes meet; the environment says it if not given.
        rank: of this process; the environment says it if not given.
        world_size: processes in all; the environment says it if not given.
        timeout: how long a collective may wait (the backend's own if not given), and the others at the start
            (5 minutes if not given).
        **kwargs: of the backend.

    Raises:
        LaunchError: the backend is unknown or missing, or the processes did not meet.
    """
    global model
    meeting = {"init_method": init_method, "rank": rank, "world_size": world_size, "timeout": timeout}
    model = comp_models.model_of(backend).start(backend, **meeting, **kwargs)
    if model.world_size > 1:
        _watch.callback(watch(model))


def finalize() -> None:
    """Leaves the processes; afterwards there is one, this."""
    global model
    _watch.close()
    model.shutdown()
    model = ComputationModel()


def sync(temporary: bool = False) -> None:
    """Takes over the process group that the program made with torch.distributed, without communicating.

    Args:
        temporary: accepted for programs written for Ignite; nothing here depends on it.
    """
    global model
    if dist.is_initialized():
        model = comp_models.NativeModel.adopt()
    elif model.name == comp_models.NativeModel.name:
        model = ComputationModel()


def set_local_rank(index: int) -> None:
    """Says this process's number on its machine, where a program makes its own process group and `sync` cannot know."""
    os.environ["LOCAL_RANK"] = str(index)


def current() -> ComputationModel:
    """The model that collectives use; a process group that the program made itself is noticed here."""
    if model.world_size == 1 and model.backend is None and dist.is_initialized():
        sync()
    return model


def backend() -> str | None:
    """The backend in use; None for one process without any."""
    return model.backend


def device() -> torch.device:
    """Where this process computes."""
    return model.device


def get_rank() -> int:
    """This process's number among all."""
    return model.rank


def get_local_rank() -> int:
    """This process's number on its machine."""
    return model.local_rank


def get_world_size() -> int:
    """Processes in all."""
    return model.world_size
