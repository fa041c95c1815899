"""Starts the processes of a run: alone, several on this machine, or as one of a launcher's.

torchrun, srun and horovodrun start the processes themselves and say so in the environment; otherwise
`nproc_per_node` processes are spawned here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

import torch

from .. import distributed as idist

ConfigT = TypeVar("ConfigT")


def launch(
    run: Callable[[int, ConfigT], None], config: ConfigT, *, backend: str = "auto", nproc_per_node: int | None = None
) -> None:
    """Calls `run(local_rank, config)` in every process.

    Args:
        run: a function of a module, which other processes can import.
        config: its second argument.
        backend: how processes talk to each other: none, auto, or one of `idist`.
        nproc_per_node: processes to start on this machine.

    Raises:
        SystemExit: the machine or the project lacks the backend; in one sentence, and what to do in another.
    """
    if backend == "auto":
        backend = auto_backend(nproc_per_node)
    try:
        with idist.Parallel(None if backend == "none" else backend, nproc_per_node=nproc_per_node) as parallel:
            parallel.run(run, config)
    except idist.LaunchError as error:
        raise SystemExit(f"Error: {error}") from None


def auto_backend(nproc_per_node: int | None = None) -> str:
    """The backend that the machine and the launcher ask for.

    A backend that this project does not carry is named too: `launch` then says how to get it, where one process on
    the CPU would be a surprise.

    Args:
        nproc_per_node: processes that will be started here.
    """
    if "HOROVOD_RANK" in os.environ:
        return "horovod"
    if "PJRT_DEVICE" in os.environ and find_spec("torch_xla"):
        return "xla-tpu"
    if nproc_per_node is None and not {"WORLD_SIZE", "SLURM_NTASKS"} & set(os.environ):
        return "none"
    return "nccl" if torch.cuda.is_available() else "gloo"
