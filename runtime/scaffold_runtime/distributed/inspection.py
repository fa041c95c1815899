"""What a log or a curious program asks of the processes; training asks none of it."""

import logging
import socket
from importlib.util import find_spec
from typing import Any

from torch import distributed as dist

from ..exceptions import LaunchError
from . import comp_models, context
from .setup_logger import setup_logger

has_native_dist_support = dist.is_available()
"""Whether torch was built with process groups."""

has_xla_support = find_spec("torch_xla") is not None
"""Whether `torch_xla` is installed."""

has_hvd_support = find_spec("horovod") is not None
"""Whether Horovod is installed."""


def available_backends() -> tuple[str, ...]:
    """The backends that this machine can run."""

    def is_available(backend: str) -> bool:
        try:
            comp_models.models[backend].check(backend)
        except LaunchError:
            return False
        return True

    return tuple(filter(is_available, sorted(comp_models.models)))


def model_name() -> str:
    """The computation model in use: serial, native-dist, or that of another backend."""
    return context.model.name


def get_nproc_per_node() -> int:
    """Processes on each machine."""
    return context.model.nproc_per_node


def get_nnodes() -> int:
    """Machines."""
    return context.model.nnodes


def get_node_rank() -> int:
    """This machine's number."""
    return context.model.node_rank


def hostname() -> str:
    """This machine's name."""
    return socket.gethostname()


def show_config() -> None:
    """Logs what the getters say, on standard error unless the program has set up logging."""
    answers: dict[str, Any] = {
        "distributed configuration": model_name(),
        "backend": context.backend(),
        "device": context.device(),
        "hostname": hostname(),
        "world size": context.get_world_size(),
        "rank": context.get_rank(),
        "local rank": context.get_local_rank(),
        "num processes per node": get_nproc_per_node(),
        "num nodes": get_nnodes(),
        "node rank": get_node_rank(),
    }
    logger = logging.getLogger(__name__)
    if not logger.hasHandlers():
        setup_logger(__name__)
    for question, answer in answers.items():
        logger.info("%s: %s", question, answer)
