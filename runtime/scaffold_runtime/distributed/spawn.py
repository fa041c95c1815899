"""Starts the processes of one machine, watches them, and ends all of them when one fails.

The parent holds the store through which they meet, so a taken port is known before any of them
starts. Each process reports its failure before its connections close: of several tracebacks the first
is the cause, and it is the one that is raised.
"""

from __future__ import annotations

import multiprocessing as mp
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import timedelta
from multiprocessing.connection import wait
from typing import Any, NamedTuple

import torch.distributed as dist
from torch.distributed import Store, TCPStore  # pyright: ignore[reportPrivateImportUsage]  # torch documents them so
from torch.multiprocessing.spawn import (
    ProcessExitedException,
    ProcessRaisedException,
    start_processes,  # pyright: ignore[reportUnknownVariableType]  # half typed
)

from . import context
from .comp_models import horovod, native, xla
from .errors import LaunchError

GRACE_SECONDS = 5.0
_MAX_TRACEBACK = 30_000  # characters; what fits a pipe that nobody reads yet


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


class _Failure(NamedTuple):
    """What a process reports before it ends."""

    seconds: float
    rank: int
    launch_error: LaunchError | None
    trace: str


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
        start_method: of the processes, see `multiprocessing`.
        **kwargs: of `horovod.run` or `torch_xla.launch`.

    Raises:
        LaunchError: the machine lacks the backend or as many devices, the port is taken, or the processes do not meet.
        ProcessRaisedException: a process failed; the others are ended, and its traceback is in the message.
        ProcessExitedException: a process was killed.
    """
    context.check_backend(backend)
    if nproc_per_node < 1:
        raise LaunchError(
            f"`nproc_per_node` should be at least 1, got {nproc_per_node}.", "Start at least one process."
        )
    if backend == xla.BACKEND:
        xla.torch_xla().launch(_run_xla_process, args=(fn, args, kwargs_dict or {}), **kwargs)
        return
    if backend == horovod.BACKEND:
        _spawn_horovod(fn, args, kwargs_dict or {}, nproc_per_node, **kwargs)
        return
    _check_devices(backend, nproc_per_node)
    port, store = _open_store(nnodes, node_rank, master_addr, master_port) if init_method is None else (0, None)
    launch = _Launch(
        backend, fn, args, kwargs_dict or {}, nproc_per_node, node_rank, nproc_per_node * nnodes,
        master_addr, port, init_method, timeout,
    )  # fmt: skip
    failures = mp.get_context(start_method).SimpleQueue()
    children = start_processes(
        _run_process, args=(launch, failures), nprocs=nproc_per_node, join=False, start_method=start_method, **kwargs
    )
    assert children is not None
    failed = _watch(children.processes)
    del store
    if failed is not None:
        _raise_first(children.processes, failed, failures)


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


def _run_process(local_rank: int, launch: _Launch, failures: Any) -> None:
    rank = launch.node_rank * launch.nproc_per_node + local_rank
    try:
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
    except Exception as error:
        trace = traceback.format_exc()[-_MAX_TRACEBACK:]
        failures.put(_Failure(time.time(), rank, error if isinstance(error, LaunchError) else None, trace))
        raise
    context.finalize()


def _join_store(launch: _Launch) -> Store:
    patience = launch.timeout or native.MEETING_TIMEOUT
    try:
        return TCPStore(launch.master_addr, launch.master_port, is_master=False, timeout=patience)
    except (dist.DistNetworkError, dist.DistStoreError) as error:
        raise LaunchError(
            f"Machine {launch.node_rank} could not reach machine 0 at {launch.master_addr}:{launch.master_port}.",
            "Is the program running there with `node_rank=0`, and is the port open?",
        ) from error


def _watch(processes: Sequence[Any]) -> int | None:
    """Waits for all processes; when one fails, ends the others and returns its number.

    A killed process fails without a word, and those that noticed may be quicker: it is looked for first.
    """
    running = {process.sentinel: process for process in processes}
    while running:
        for sentinel in wait(list(running)):
            process = running.pop(sentinel)  # pyright: ignore[reportArgumentType]  # a sentinel is an int
            process.join()
            if process.exitcode != 0:
                killed = [other for other in processes if (other.exitcode or 0) < 0]
                _end(running.values())
                return list(processes).index(killed[0] if killed else process)
    return None


def _end(processes: Any) -> None:
    """Gloo notices by itself that a process has gone; who waits for a GPU or a file is told, then forced."""
    for step in (None, "terminate", "kill"):
        deadline = time.monotonic() + GRACE_SECONDS
        for process in processes:
            if step is not None and process.is_alive():
                getattr(process, step)()
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))


def _raise_first(processes: Sequence[Any], failed: int, failures: Any) -> None:
    reports: list[_Failure] = []
    while not failures.empty():
        reports.append(failures.get())
    process = processes[failed]
    if process.exitcode < 0 or not reports:
        name = signal.Signals(-process.exitcode).name if process.exitcode < 0 else f"exit code {process.exitcode}"
        memory = " (the kernel does so when memory runs out)" if name == "SIGKILL" else ""
        raise ProcessExitedException(
            f"Process {failed} ended with {name}{memory}; the others were ended.",
            error_index=failed, error_pid=process.pid, exit_code=process.exitcode,
            signal_name=name if process.exitcode < 0 else None,
        )  # fmt: skip
    first = min(reports)
    if first.launch_error is not None:
        raise first.launch_error
    raise ProcessRaisedException(
        f"Rank {first.rank} failed; the others were ended.\n\n{first.trace}", failed, process.pid
    )


def _spawn_horovod(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs_dict: dict[str, Any],
    nproc_per_node: int,
    hosts: str | None = None,
    **kwargs: Any,
) -> None:
    horovod.horovod("").run(
        _run_horovod_process, args=(fn, args, kwargs_dict), num_proc=nproc_per_node, hosts=hosts, **kwargs
    )


def _run_horovod_process(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    context.initialize(horovod.BACKEND)
    fn(context.get_local_rank(), *args, **kwargs)
    context.finalize()


def _run_xla_process(index: int, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    context.initialize(xla.BACKEND)
    fn(context.get_local_rank(), *args, **kwargs)
    context.finalize()
