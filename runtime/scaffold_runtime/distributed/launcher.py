"""Runs a function on every process of a program, however they are started."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch

from . import comp_models, context
from .errors import LaunchError


def spawn(
    backend: str,
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    kwargs_dict: dict[str, Any] | None = None,
    nproc_per_node: int = 1,
    *,
    timeout: timedelta | None = None,
    **kwargs: Any,
) -> None:
    """Runs `fn(local_rank, *args, **kwargs_dict)` in `nproc_per_node` new processes, and waits for them.

    Args:
        backend: gloo, nccl, mpi, or another that is there.
        fn: a function that the new processes can import: defined in a module, not inside another function.
        args: its arguments after the local rank.
        kwargs_dict: its arguments by name.
        nproc_per_node: processes on this machine.
        timeout: how long a collective may wait.
        **kwargs: of the backend. Those of torch.distributed take `nnodes` and `node_rank` (the same program is started
            on each machine), `master_addr` and `master_port` (of machine 0; a free port is found if there is one
            machine), or `init_method` (where the processes meet instead, such as file:///shared/path); and
            `start_method`, see `multiprocessing`: processes that they start are started as without `spawn`.

    Raises:
        LaunchError: the machine lacks the backend or as many devices, the port is taken, or the processes do not meet.
        ProcessRaisedException: a process failed; the others are ended, and its traceback is in the message.
        ProcessExitedException: a process was killed.
        SystemExit: a process has called `sys.exit` with something else than 0; this one ends with the same code, as
            soon as all have ended. SIGTERM and SIGUSR1 are passed on to the processes; if they end of it, this one
            ends with 128 and the signal's number.
    """
    model = comp_models.model_of(backend)
    model.check(backend)
    if nproc_per_node < 1:
        raise LaunchError(
            f"`nproc_per_node` should be at least 1, got {nproc_per_node}.", "Start at least one process."
        )
    model.spawn(backend, _Program(backend, fn, args, kwargs_dict or {}, timeout), nproc_per_node, **kwargs)


@dataclass(frozen=True)
class _Program:
    """What the processes are told."""

    backend: str
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    timeout: timedelta | None

    def run(self, **joining: Any) -> None:
        context.initialize(self.backend, timeout=self.timeout, **joining)
        if "OMP_NUM_THREADS" not in os.environ:  # each takes its part of the cores: all with all are far slower
            torch.set_num_threads(max(1, torch.get_num_threads() // context.get_nproc_per_node()))
        self.fn(context.get_local_rank(), *self.args, **self.kwargs)

    def end(self) -> None:
        context.finalize()


class Parallel:
    """Runs a function on every process of a program, however they are started.

    With `nproc_per_node` it spawns them; under torchrun, srun and the like it joins those that are there; with
    `backend=None` it calls the function in this process.

    A function that leaves with `sys.exit(75)` ends a program that spawns with 75, when its last process has ended.
    Launchers end with 1 and name the code in what they print, such as torchrun with "exitcode: 75"; it starts the
    processes again as often as `--max-restarts` says. SIGTERM reaches the processes under all of them; SIGUSR1 those
    that this program spawns, and under torchrun with `--signals-to-handle=SIGTERM,SIGUSR1`.

    Args:
        backend: gloo, nccl, mpi, or another that is there; or None.
        nproc_per_node: processes to spawn on this machine.
        nnodes: machines, if they are spawned on several.
        node_rank: number of this machine.
        master_addr: address of machine 0.
        master_port: a free port of machine 0.
        init_method: where processes of a launcher meet, if the environment does not say it.
        timeout: how long a collective may wait.
        **spawn_kwargs: of `spawn`.

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
        *,
        timeout: timedelta | None = None,
        **spawn_kwargs: Any,
    ) -> None:
        asked = {
            "nproc_per_node": None if backend is None and nproc_per_node == 1 else nproc_per_node,
            "nnodes": nnodes,
            "node_rank": node_rank,
            "master_addr": master_addr,
            "master_port": master_port,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        self.backend = backend
        self._joining: dict[str, Any] = {"init_method": init_method, "timeout": timeout}
        self._spawn: dict[str, Any] | None = None
        if backend is None:
            _refuse_without_backend(given)
            return
        comp_models.model_of(backend).check(backend)
        if nproc_per_node is not None:
            _check_spawn(given)
            joining = {name: value for name, value in self._joining.items() if value is not None}
            self._spawn = {**given, **joining, **spawn_kwargs}

    def __enter__(self) -> Parallel:
        if self.backend is not None and self._spawn is None:
            context.initialize(self.backend, **self._joining)
        return self

    def run(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Calls `func(local_rank, *args, **kwargs)` on every process.

        Args:
            func: takes this process's number on its machine first; spawned processes must be able to import it.
            *args: its further arguments.
            **kwargs: its arguments by name.
        """
        if self._spawn is not None and self.backend is not None:
            spawn(self.backend, func, args, kwargs, **self._spawn)
        else:
            func(context.get_local_rank(), *args, **kwargs)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if self.backend is None or self._spawn is not None:
            return
        if error is None or isinstance(error, SystemExit) or context.get_world_size() == 1:
            context.finalize()
            return
        # The others learn of this failure when the connections close, which is when this process ends: by then its
        # traceback has been printed, before theirs.
        error.add_note(f"This was rank {context.get_rank()} of {context.get_world_size()}.")


def _refuse_without_backend(given: dict[str, Any]) -> None:
    for name, value in given.items():
        raise LaunchError(
            f"Without a backend there is one process; got `{name}={value}`.", "Choose a backend, such as gloo or nccl."
        )


def _check_spawn(given: dict[str, Any]) -> None:
    for model in set(comp_models.models.values()):
        if launcher := model.launcher(os.environ):
            raise LaunchError(
                f"{launcher} has started the processes, and `nproc_per_node={given['nproc_per_node']}` asks for more.",
                f"Leave `nproc_per_node` to {launcher}.",
            )
    if given.get("nnodes", 1) > 1:
        missing = [name for name in ("node_rank", "master_addr", "master_port") if name not in given]
        if missing:
            raise LaunchError(
                f"{given['nnodes']} machines need {', '.join(f'`{name}`' for name in missing)}.",
                "Give the address and port of machine 0 on all machines, and to each its number.",
            )
