"""Starts the processes of one machine, and ends as they end.

The parent holds the store through which they meet, so a taken port is known before any of them starts.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch.distributed import Store, TCPStore  # pyright: ignore[reportPrivateImportUsage]  # torch documents them so
from torch.multiprocessing.spawn import start_processes  # pyright: ignore[reportUnknownVariableType]  # half typed

from . import context
from .children import Children, exit_code, reported
from .comp_models import horovod, native, xla
from .errors import LaunchError
from .signals import Forwarding


class _Launch(NamedTuple):
    """What all processes of a run are told."""

    backend: str
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    nproc_per_node: int
    node_rank: int
    world_size: int
    master_addr: str
    master_port: int
    init_method: str | None
    timeout: timedelta | None
    start_method: str | None


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
    init_method: str | None = None,
    timeout: timedelta | None = None,
    start_method: str = "spawn",
    **kwargs: Any,
) -> None:
    """Runs `fn(local_rank, *args, **kwargs_dict)` in `nproc_per_node` new processes, and waits for them.

    Args:
        backend: gloo, nccl, mpi, horovod; xla-tpu starts one process for each device.
        fn: a function that the new processes can import: defined in a module, not inside another function.
        args: its arguments after the local rank.
        kwargs_dict: its arguments by name.
        nproc_per_node: processes on this machine.
        nnodes: machines; the same program is started on each of them.
        node_rank: number of this machine.
        master_addr: address of machine 0.
        master_port: a free port of machine 0; chosen here if there is one machine.
        init_method: where the processes meet instead, such as file:///shared/path.
        timeout: how long a collective may wait.
        start_method: of the processes, see `multiprocessing`; those that they start are started as without `spawn`.
        **kwargs: of `horovod.run` or `torch_xla.launch`.

    Raises:
        LaunchError: the machine lacks the backend or as many devices, the port is taken, or the processes do not meet.
        ProcessRaisedException: a process failed; the others are ended, and its traceback is in the message.
        ProcessExitedException: a process was killed.
        SystemExit: a process has called `sys.exit` with something else than 0; this one ends with the same code, as
            soon as all have ended. SIGTERM and SIGUSR1 are passed on to the processes, and Horovod's launcher
            passes SIGTERM on; if they end of it, this one ends with 128 and the signal's number.
    """
    context.check_backend(backend)
    if nproc_per_node < 1:
        raise LaunchError(
            f"`nproc_per_node` should be at least 1, got {nproc_per_node}.", "Start at least one process."
        )
    if backend == xla.BACKEND:
        _spawn_xla(fn, args, kwargs_dict or {}, nproc_per_node, **kwargs)
        return
    if backend == horovod.BACKEND:
        _spawn_horovod(fn, args, kwargs_dict or {}, nproc_per_node, timeout, **kwargs)
        return
    _check_devices(backend, nproc_per_node)
    port, store = _open_store(nnodes, node_rank, master_addr, master_port) if init_method is None else (0, None)
    launch = _Launch(
        backend, fn, args, kwargs_dict or {}, nproc_per_node, node_rank, nproc_per_node * nnodes,
        master_addr, port, init_method, timeout, mp.get_start_method(allow_none=True),
    )  # fmt: skip
    reports = mp.get_context(start_method).SimpleQueue()
    with Forwarding() as signals:
        started = start_processes(
            _run_process, args=(launch, reports), nprocs=nproc_per_node, join=False, start_method=start_method, **kwargs
        )
        assert started is not None
        signals.to(started.processes)
        Children(started.processes, reports, signals).join()
    del store


def _check_devices(backend: str, nproc_per_node: int) -> None:
    num_gpus = native.num_gpus()
    if backend == "nccl" and nproc_per_node > num_gpus:
        raise LaunchError(
            f"{nproc_per_node} processes need as many GPUs, and this machine has {num_gpus}.", "Start fewer processes."
        )


def _open_store(nnodes: int, node_rank: int, address: str, port: int | None) -> tuple[int, Store | None]:
    """The port at which the processes meet; machine 0 listens there from now on."""
    if nnodes > 1 and port is None:
        raise LaunchError(f"{nnodes} machines need a port to meet at.", "Give `master_port`, the same on all machines.")
    if not 0 <= node_rank < nnodes:
        raise LaunchError(
            f"`node_rank` should be between 0 and {nnodes - 1}, got {node_rank}.", "Count the machines from 0."
        )
    if node_rank > 0:
        assert port is not None
        return port, None
    try:
        store = TCPStore(address, port or 0, is_master=True, wait_for_workers=False)
    except (dist.DistNetworkError, RuntimeError) as error:
        raise LaunchError(
            f"Port {port} of {address} is taken by another program.", "Give another `master_port`."
        ) from error
    return store.port, store


def _run_process(local_rank: int, launch: _Launch, reports: Any) -> None:
    rank = launch.node_rank * launch.nproc_per_node + local_rank
    # Python makes the way in which a process was started its own; its loaders' workers would import everything anew.
    mp.set_start_method(launch.start_method, force=True)
    _share_cores(launch.nproc_per_node)
    try:
        with reported(rank, reports):
            _join_and_call(local_rank, rank, launch)
    except SystemExit:
        context.finalize()
        raise
    context.finalize()


def _share_cores(nproc_per_node: int) -> None:
    """Each process takes its part of the cores, unless the user said how many: all with all of them are far slower."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() // nproc_per_node))


def _join_and_call(local_rank: int, rank: int, launch: _Launch) -> None:
    native.set_environment(
        rank, local_rank, launch.world_size, launch.nproc_per_node, launch.master_addr, launch.master_port
    )
    context.initialize(
        launch.backend,
        rank=rank,
        world_size=launch.world_size,
        init_method=launch.init_method,
        timeout=launch.timeout,
        store=None if launch.init_method else _join_store(launch),
    )
    launch.fn(local_rank, *launch.args, **launch.kwargs)


def _join_store(launch: _Launch) -> Store:
    patience = launch.timeout or native.MEETING_TIMEOUT
    try:
        return TCPStore(launch.master_addr, launch.master_port, is_master=False, timeout=patience)
    except (dist.DistNetworkError, dist.DistStoreError) as error:
        raise LaunchError(
            f"Machine {launch.node_rank} could not reach machine 0 at {launch.master_addr}:{launch.master_port}.",
            "Is the program running there with `node_rank=0`, and is the port open?",
        ) from error


def _spawn_horovod(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs_dict: dict[str, Any],
    nproc_per_node: int,
    timeout: timedelta | None,
    hosts: str | None = None,
    **kwargs: Any,
) -> None:
    exit_codes: list[int] = horovod.horovod("").run(
        _run_horovod_process, args=(fn, args, kwargs_dict, timeout), num_proc=nproc_per_node, hosts=hosts, **kwargs
    )
    if any(exit_codes):
        raise SystemExit(next(code for code in exit_codes if code))


def _run_horovod_process(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], timeout: timedelta | None
) -> int:
    """The exit code of the program's choice; Horovod's launcher would make an error of it."""
    context.initialize(horovod.BACKEND, timeout=timeout)
    _share_cores(context.get_nproc_per_node())
    try:
        fn(context.get_local_rank(), *args, **kwargs)
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)  # as Python does at the end of a program
        return exit_code(leaving)
    context.finalize()
    return 0


def _spawn_xla(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs_dict: dict[str, Any], nproc_per_node: int, **kwargs: Any
) -> None:
    if os.environ.get("PJRT_DEVICE") == "CPU":
        if nproc_per_node > 1:
            raise LaunchError(
                f"XLA on the CPU is one process, and `nproc_per_node` is {nproc_per_node}.",
                f"Leave it out; with CPU_NUM_DEVICES={nproc_per_node} in the environment, one process shares its "
                "batches among as many devices.",
            )
        kwargs.setdefault("debug_single_process", True)  # this process: others would be a thread of it
    xla.torch_xla().launch(_run_xla_process, args=(fn, args, kwargs_dict), **kwargs)


def _run_xla_process(index: int, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    context.initialize(xla.BACKEND)
    fn(context.get_local_rank(), *args, **kwargs)
    context.finalize()
