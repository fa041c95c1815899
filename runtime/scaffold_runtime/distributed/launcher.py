"""Runs a function on every process of a program: started here, or joined under torchrun, srun and the like."""

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import torch

from ..exceptions import LaunchError
from . import comp_models, context
from .signals import hear, leaving_at_once

ConfigT = TypeVar("ConfigT")


def launch(
    run: Callable[[int, ConfigT], None], config: ConfigT, *, backend: str = "auto", nproc_per_node: int | None = None
) -> None:
    """Calls `run(local_rank, config)` in every process; a program's whole way of starting.

    Launchers such as torchrun and srun start the processes themselves and say so in the environment; otherwise
    `nproc_per_node` processes are spawned here.

    A signal that means to leave ends the program with 75, which asks a scheduler to start it again, or with 130 after
    Ctrl-C: at once, unless a trainer with `Preemption` runs, which saves before.

    Args:
        run: a function of a module, which other processes can import.
        config: its second argument.
        backend: how processes talk to each other: none, auto, or one of `idist`.
        nproc_per_node: processes to start on this machine.

    Raises:
        SystemExit: the machine or the project lacks the backend; in one sentence, and what to do in another.
    """
    if backend == "auto":
        backend = comp_models.auto_backend(nproc_per_node)
    with leaving_at_once():
        try:
            if backend == "none":
                if nproc_per_node is not None and nproc_per_node != 1:
                    raise alone_without_backend("nproc_per_node", nproc_per_node)
                run(context.get_local_rank(), config)
            elif nproc_per_node is not None:
                check_spawn(backend, nproc_per_node)
                program = partial(_run_spawned, backend, None, run, (config,), {}, listening=leaving_at_once)
                comp_models.model_of(backend).spawn(backend, program, nproc_per_node)
            else:
                context.initialize(backend)
                with leaving():
                    run(context.get_local_rank(), config)
        except LaunchError as error:
            raise SystemExit(f"Error: {error}") from None


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
        LaunchError: the machine lacks the backend or as many devices, the port is taken, the processes do not meet, or
            a launcher has started them already.
        ProcessRaisedException: a process failed; the others are ended, and its traceback is in the message.
        ProcessExitedException: a process was killed.
        SystemExit: a process has called `sys.exit` with something else than 0; this one ends with the same code, as
            soon as all have ended. SIGTERM, SIGUSR1 and SIGINT are passed on to the processes; if they end of it,
            this one ends with 128 and the signal's number.
    """
    check_spawn(backend, nproc_per_node)
    program = partial(_run_spawned, backend, timeout, fn, args, kwargs_dict or {})
    comp_models.model_of(backend).spawn(backend, program, nproc_per_node, **kwargs)


def check_spawn(backend: str, nproc_per_node: int) -> None:
    """Sees that these processes can be started here.

    Raises:
        LaunchError: the machine lacks the backend, the number is none, or a launcher has started them already.
    """
    comp_models.model_of(backend).check(backend)
    if nproc_per_node < 1:
        raise LaunchError(
            f"`nproc_per_node` should be at least 1, got {nproc_per_node}.", "Start at least one process."
        )
    for model in set(comp_models.models.values()):
        if launcher := model.launcher(os.environ):
            raise LaunchError(
                f"{launcher} has started the processes, and `nproc_per_node={nproc_per_node}` asks for more.",
                f"Leave `nproc_per_node` to {launcher}.",
            )


def alone_without_backend(name: str, value: object) -> LaunchError:
    """What to raise where this argument asks for several processes, and there is no backend."""
    return LaunchError(
        f"Without a backend there is one process; got `{name}={value}`.", "Choose a backend, such as gloo or nccl."
    )


@contextmanager
def leaving() -> Generator[None]:
    """The processes are left at its end, or by `sys.exit` within it, whose words one of them says.

    The others learn of another failure when the connections close, which is when this process ends: by then its
    traceback has been printed, before theirs.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, SystemExit) and context.get_world_size() > 1:
            error.add_note(f"This was rank {context.get_rank()} of {context.get_world_size()}.")
            raise
        if isinstance(error, SystemExit) and isinstance(error.code, str):
            with suppress(RuntimeError):  # of a store that has gone
                if context.model.store and context.model.store.add(f"idist/said/{error.code}", 1) > 1:
                    error.code = 1
        context.finalize()
        raise
    context.finalize()


def _run_spawned(
    backend: str,
    timeout: timedelta | None,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    listening: Callable[[], AbstractContextManager[None]] = nullcontext,
    reporting: AbstractContextManager[None] | None = None,
    **joining: Any,
) -> None:
    """One of the processes; `reporting` says why it leaves before its connections close."""
    with listening(), leaving(), reporting or nullcontext():
        hear()  # whoever starts processes holds signals back until now
        context.initialize(backend, timeout=timeout, **joining)
        if "OMP_NUM_THREADS" not in os.environ:  # each takes its part of the cores: all with all are far slower
            torch.set_num_threads(max(1, torch.get_num_threads() // context.model.nproc_per_node))
        fn(context.get_local_rank(), *args, **kwargs)
