"""`Parallel`: a program's processes as Ignite's programs start them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from ..exceptions import LaunchError
from . import comp_models, context
from .launcher import alone_without_backend, check_spawn, leaving, spawn


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
        self.init_method = init_method
        self._joining: dict[str, Any] = {"init_method": init_method, "timeout": timeout}
        self._joined = ExitStack()
        self._spawn: dict[str, Any] | None = None
        if backend is None:
            for name, value in given.items():
                raise alone_without_backend(name, value)
        elif nproc_per_node is None:
            comp_models.model_of(backend).check(backend)
        else:
            check_spawn(backend, nproc_per_node)
            _check_machines(given)
            joining = {name: value for name, value in self._joining.items() if value is not None}
            self._spawn = {**given, **joining, **spawn_kwargs}

    def __enter__(self) -> Parallel:
        if self.backend is not None and self._spawn is None:
            context.initialize(self.backend, **self._joining)
            self._joined.enter_context(leaving())
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

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: Any) -> None:
        self._joined.__exit__(kind, error, traceback)


def _check_machines(given: dict[str, Any]) -> None:
    nnodes, node_rank = given.get("nnodes", 1), given.get("node_rank", 0)
    if nnodes < 1:
        raise LaunchError(f"`nnodes` should be at least 1, got {nnodes}.", "Count this machine too.")
    if nnodes > 1:
        missing = [name for name in ("node_rank", "master_addr", "master_port") if name not in given]
        if missing:
            raise LaunchError(
                f"{nnodes} machines need {', '.join(f'`{name}`' for name in missing)}.",
                "Give the address and port of machine 0 on all machines, and to each its number.",
            )
    if not 0 <= node_rank < nnodes:
        raise LaunchError(
            f"`node_rank` should be between 0 and {nnodes - 1}, got {node_rank}.", "Count the machines from 0."
        )
