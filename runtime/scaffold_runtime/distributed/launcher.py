"""Runs a function on every process of a program, however they are started."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from . import context
from .errors import LaunchError
from .spawn import spawn


class Parallel:
    """Runs a function on every process of a program, however they are started.

    With `nproc_per_node` it spawns them; under torchrun, srun, horovodrun and the like it joins those that are
    there; with `backend=None` it calls the function in this process.

    A function that leaves with `sys.exit(75)` ends a program that spawns with 75, when its last process has ended.
    Launchers end with 1 and name the code in what they print: torchrun as "exitcode: 75", and it starts the processes
    again as often as `--max-restarts` says; horovodrun as "Exit code: 75". SIGTERM reaches the processes under all
    of them; SIGUSR1 those that this program spawns, and under torchrun with `--signals-to-handle=SIGTERM,SIGUSR1`.

    Args:
        backend: gloo, nccl, mpi, xla-tpu, horovod, or None.
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
            "nproc_per_node": nproc_per_node,
            "nnodes": nnodes,
            "node_rank": node_rank,
            "master_addr": master_addr,
            "master_port": master_port,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        if backend is None:
            _refuse_without_backend(given)
        else:
            context.check_backend(backend)
        self.backend = backend
        self._init_method = init_method
        self._timeout = timeout
        self._spawn: dict[str, Any] | None = None
        if backend is not None and nproc_per_node is not None:
            _check_spawn(given)
            self._spawn = {**given, "init_method": init_method, "timeout": timeout, **spawn_kwargs}

    def __enter__(self) -> Parallel:
        if self.backend is not None and self._spawn is None:
            context.initialize(self.backend, init_method=self._init_method, timeout=self._timeout)
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
    given = {name: value for name, value in given.items() if (name, value) != ("nproc_per_node", 1)}
    for name, value in given.items():
        raise LaunchError(
            f"Without a backend there is one process; got `{name}={value}`.", "Choose a backend, such as gloo or nccl."
        )


def _check_spawn(given: dict[str, Any]) -> None:
    for variable, launcher in (("TORCHELASTIC_RUN_ID", "torchrun"), ("HOROVOD_RANK", "horovodrun")):
        if variable in os.environ:
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
