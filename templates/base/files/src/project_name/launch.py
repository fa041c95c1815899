"""Starts the processes of a run: alone, several on this machine, or as one of a launcher's.

torchrun, srun and horovodrun start the processes themselves and say so in the environment;
otherwise `nproc_per_node` processes are spawned here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

import torch

from scaffold_runtime import distributed as idist

from .config import Config


def launch(run: Callable[[int, Config], None], config: Config) -> None:
    """Calls `run(local_rank, config)` in every process; a backend that is missing ends it with one sentence."""
    try:
        with idist.Parallel(backend=choose_backend(config), nproc_per_node=config.nproc_per_node) as parallel:
            parallel.run(run, config)
    except idist.LaunchError as error:
        raise SystemExit(f"Error: {error}") from None


def choose_backend(config: Config) -> str | None:
    """The backend's name for `idist`, or None for one process without communication."""
    if config.backend == "none":
        return None
    if config.backend != "auto":
        return config.backend
    if "HOROVOD_RANK" in os.environ:
        return "horovod"
    if "PJRT_DEVICE" in os.environ and find_spec("torch_xla"):
        return "xla-tpu"
    if config.nproc_per_node is None and "WORLD_SIZE" not in os.environ and "SLURM_NTASKS" not in os.environ:
        return None
    return "nccl" if torch.cuda.is_available() else "gloo"
