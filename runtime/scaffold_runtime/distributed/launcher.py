"""Starts the processes of a program: joins those of a launcher, or spawns its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from . import context
from .comp_models import native, xla
from .launch_error import LaunchError


def spawn(
    backend: str,
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    kwargs_dict: dict[str, Any] | None = None,
    nproc_per_node: int = 1,
    *,
    nnodes: int = 1,
    node_rank: int = 0,
    master_addr: str = "127.0.0.1",
    master_port: int | None = None,
) -> None:
    """Runs `fn(local_rank, *args, **kwargs_dict)` in `nproc_per_node` new processes, and waits for them.

    Args:
        backend: gloo, nccl or mpi; xla-tpu starts one process per device.
        fn: a function that the new processes can import: defined in a module, not inside another function.
        args: its arguments after the local rank.
        kwargs_dict: its arguments by name.
        nproc_per_node: processes on this machine.
        nnodes: machines; the same program is started on each of them.
        node_rank: number of this machine.
        master_addr: address of machine 0.
        master_port: a free port of machine 0; chosen here if there is one machine.

    Raises:
        LaunchError: the machine lacks the backend or as many GPUs, or machines have no port to meet at.
        ProcessRaisedException: a process failed; the others are ended, and its traceback is in the message.
    """
    if backend == xla.BACKEND:
        xla.torch_xla().launch(_run_xla_process, args=(fn, args, kwargs_dict or {}))
        return
    native.check_backend(backend)
    if backend == "nccl" and nproc_per_node > torch.cuda.device_count():
        raise LaunchError(
            f"{nproc_per_node} processes need as many GPUs, and this machine has {torch.cuda.device_count()}.",
            "Start fewer processes.",
        )
    if nnodes > 1 and master_port is None:
        raise LaunchError(f"{nnodes} machines need a port to meet at.", "Give `master_port`, the same on all machines.")
    environment = {
        "MASTER_ADDR": master_addr,
        "MASTER_PORT": str(master_port or native.free_port()),
        "WORLD_SIZE": str(nproc_per_node * nnodes),
        "LOCAL_WORLD_SIZE": str(nproc_per_node),
    }
    torch.multiprocessing.start_processes(  # pyright: ignore[reportPrivateImportUsage]  # torch documents it so
        _run_process,
        args=(backend, environment, node_rank * nproc_per_node, fn, args, kwargs_dict or {}),
        nprocs=nproc_per_node,
        start_method="spawn",
    )


def _run_process(
    local_rank: int,
    backend: str,
    environment: dict[str, str],
    first_rank: int,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    os.environ.update(environment, LOCAL_RANK=str(local_rank), RANK=str(first_rank + local_rank))
    context.initialize(backend)
    fn(local_rank, *args, **kwargs)
    context.finalize()


def _run_xla_process(index: int, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    context.initialize(xla.BACKEND)
    fn(context.get_local_rank(), *args, **kwargs)
    context.finalize()


class Parallel:
    """Runs a function on every process of a program, however they are started.

    With `nproc_per_node` it spawns them; under torchrun, srun and the like it joins those that are there;
    with `backend=None` it calls the function in this process.

    Args:
        backend: gloo, nccl, mpi, xla-tpu, or None.
        nproc_per_node: processes to spawn on this machine.
        nnodes: machines, if they are spawned on several.
        node_rank: number of this machine.
        master_addr: address of machine 0.
        master_port: a free port of machine 0.
        init_method: where processes of a launcher meet, if the environment does not say it.

    Raises:
        LaunchError: the arguments contradict each other or the environment, or the backend is missing.

    Example:
        >>> def training(local_rank, config):
        ...     print(local_rank, config["lr"])
        >>> with Parallel(backend=None) as parallel:
        ...     parallel.run(training, {"lr": 0.1})
        0 0.1
    """

    def __init__(
        self,
        backend: str | None = None,
        nproc_per_node: int | None = None,
        nnodes: int | None = None,
        node_rank: int | None = None,
        master_addr: str | None = None,
        master_port: int | None = None,
        init_method: str | None = None,
    ) -> None:
        if backend is None and nproc_per_node is not None and nproc_per_node > 1:
            raise LaunchError(
                f"{nproc_per_node} processes need a backend to talk to each other.", "Choose gloo or nccl."
            )
        if nproc_per_node is not None and "TORCHELASTIC_RUN_ID" in os.environ:
            raise LaunchError(
                f"torchrun has started the processes, and `nproc_per_node={nproc_per_node}` asks for more.",
                "Leave `nproc_per_node` to torchrun.",
            )
        self.backend = backend
        self._init_method = init_method
        self._spawn: dict[str, Any] | None = None
        if backend is not None and nproc_per_node is not None:
            self._spawn = {
                "nproc_per_node": nproc_per_node,
                "nnodes": nnodes or 1,
                "node_rank": node_rank or 0,
                "master_addr": master_addr or "127.0.0.1",
                "master_port": master_port,
            }

    def __enter__(self) -> Parallel:
        if self.backend is not None and self._spawn is None:
            context.initialize(self.backend, init_method=self._init_method)
        return self

    def run(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Calls `func(local_rank, *args, **kwargs)` on every process."""
        if self._spawn is not None and self.backend is not None:
            spawn(self.backend, func, args, kwargs, **self._spawn)
        else:
            func(context.get_local_rank(), *args, **kwargs)

    def __exit__(self, *exception: object) -> None:
        if self.backend is not None and self._spawn is None:
            context.finalize()
