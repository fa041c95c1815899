"""The processes that `spawn` starts on this machine: watched, and ended together when one of them leaves.

Each says why it leaves before its connections close: of several reports the first is the cause, and
the parent ends as that process did - with its traceback, or with its exit code and no word.

torch's own launcher (`torch.distributed.launcher.api.elastic_launch`) ends the others at the first exit code, those too
that are saving in order to leave with the same one, and does not pass SIGUSR1 on.
"""

import multiprocessing as mp
import os
import signal
import threading
import time
import traceback
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import wait
from types import FrameType
from typing import Any, NamedTuple, cast

import torch.distributed as dist
from torch.multiprocessing.spawn import (
    ProcessExitedException,
    ProcessRaisedException,
    start_processes,  # pyright: ignore[reportUnknownVariableType]  # half typed
)

from ..exceptions import LaunchError
from .comp_models.base import Program
from .launch_environment import RankInfo
from .signals import SIGNALS, held_back, in_fork, is_free

GRACE_SECONDS = 5.0
LEAVING_SECONDS = 60.0  # for those that leave in order: they close files and loggers
_MAX_TRACEBACK = 30_000  # characters; what fits a pipe that nobody reads yet


class Report(NamedTuple):
    """Why a process leaves: with an exit code or last words of its choice, or with an error or its traceback."""

    seconds: float
    rank: int
    pid: int
    error: SystemExit | LaunchError | str


def run(
    program: Program,
    first: RankInfo,
    nproc_per_node: int,
    *,
    init_method: str | None = None,
    start_method: str = "spawn",
    **options: Any,
) -> None:
    """Starts processes that run the program, and waits for all of them.

    Args:
        program: what they run.
        first: the process with local rank 0; the others are counted from it.
        nproc_per_node: processes to start.
        init_method: where they meet, if not at the first's address.
        start_method: see `multiprocessing`.
        **options: of `torch.multiprocessing.start_processes`.

    Raises:
        SystemExit: the first that left did so, with this exit code, or a signal that was passed on ended it.
        LaunchError: the processes did not meet.
        ProcessRaisedException: a process failed; its traceback is in the message.
        ProcessExitedException: a process was killed.
    """
    reports = mp.get_context(start_method).SimpleQueue()
    own_start_method = mp.get_start_method(allow_none=True)
    processes: list[Any] = []
    with forwarding(processes) as signals:
        with held_back(start_method):
            started = start_processes(
                _work, (program, first, init_method, own_start_method, reports), nproc_per_node,
                join=False, start_method=start_method, **options,
            )  # fmt: skip
        processes += cast("Any", started).processes
        for number in signals:  # those that came while they started
            send(number, processes)
        try:
            _wait_for(processes, reports, signals)
        except BaseException:
            _end(processes, GRACE_SECONDS)
            raise


def _work(
    local_rank: int, program: Program, first: RankInfo, init_method: str | None, start_method: str | None, reports: Any
) -> None:
    """One of the processes, from its beginning to its end."""
    # Python makes the way in which a process was started its own; its loaders' workers would import everything anew.
    mp.set_start_method(start_method, force=True)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    info = replace(first, rank=first.rank + local_rank, local_rank=local_rank)
    os.environ.update(info.variables())
    program(info=info, init_method=init_method, reporting=_reporting(info.rank, reports))


def _end_with_the_parent() -> None:
    """Without its parent, which holds the store, a process would wait for the others for minutes."""
    cast("Any", mp.parent_process()).join()
    if not dist.is_initialized():  # else torch has it get SIGINT
        os._exit(1)


@contextmanager
def _reporting(rank: int, reports: Any) -> Generator[None]:
    """Within it, a process that leaves before its end says why.

    Args:
        rank: of this process.
        reports: the queue that the parent reads.
    """
    try:
        yield
    except SystemExit as leaving:
        if code := exit_code(leaving):
            last_words = leaving.code if isinstance(leaving.code, str) else code
            reports.put(Report(time.time(), rank, os.getpid(), SystemExit(last_words)))
        raise SystemExit(code) from None  # the parent says it, once
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    except Exception as error:
        reason = error if isinstance(error, LaunchError) else traceback.format_exc()[-_MAX_TRACEBACK:]
        reports.put(Report(time.time(), rank, os.getpid(), reason))
        raise


def exit_code(leaving: SystemExit) -> int:
    """What the process ends with: `sys.exit` takes a number, nothing, or a text, which means 1.

    Example:
        >>> [exit_code(SystemExit(code)) for code in (75, None, "no such file")]
        [75, 0, 1]
    """
    return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)


def _wait_for(processes: Sequence[Any], queue: Any, signals: Sequence[int]) -> None:
    """Returns when all have come to their end; if one leaves before, ends the others and raises for what it did."""
    running = {process.sentinel: process for process in processes}
    while running:
        for sentinel in wait(list(running)):
            process = running.pop(sentinel)  # pyright: ignore[reportArgumentType]  # a sentinel is an int
            process.join()
            if process.exitcode == 0:
                continue
            # Who is killed leaves without a word, and those that noticed may be quicker: it is looked for first.
            reports = list(_read(queue))
            told = {report.pid for report in reports}
            killed = [other for other in processes if other.exitcode and other.pid not in told]
            in_order = not killed and isinstance(min(reports).error, SystemExit)
            _end(running.values(), LEAVING_SECONDS if in_order else GRACE_SECONDS)
            if killed:
                raise _killed(processes.index(killed[0]), killed[0], signals)
            raise _reported(min([*reports, *_read(queue)]), processes.index(process))


def _read(queue: Any) -> Iterator[Report]:
    while not queue.empty():
        yield queue.get()


def _killed(number: int, process: Any, signals: Sequence[int]) -> BaseException:
    code: int = process.exitcode
    if any(code in (-number, 128 + number) for number in signals):  # it was passed on
        return SystemExit(128 - code if code < 0 else code)
    name = signal.Signals(-code).name if code < 0 else None
    memory = " (the kernel does so when memory runs out)" if name == "SIGKILL" else ""
    return ProcessExitedException(
        f"Process {number} ended with {name or f'exit code {code}'}{memory}; the others were ended.",
        error_index=number, error_pid=process.pid, exit_code=code, signal_name=name,
    )  # fmt: skip


def _reported(report: Report, number: int) -> BaseException:
    if not isinstance(report.error, str):
        return report.error
    return ProcessRaisedException(
        f"Rank {report.rank} failed; the others were ended.\n\n{report.error}", number, report.pid
    )


def _end(processes: Iterable[Any], patience: float) -> None:
    """Gloo notices by itself that a process has gone; who waits for a GPU or a file is told, then forced."""
    processes = list(processes)
    for step in (None, "terminate", "kill"):
        deadline = time.monotonic() + (GRACE_SECONDS if step else patience)
        for process in processes:
            if step is not None and process.is_alive():
                getattr(process, step)()
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))


@contextmanager
def forwarding(processes: Sequence[Any]) -> Generator[list[int]]:
    """Within it `SIGNALS` go to these processes, each as often as it comes; gives those that have come.

    A scheduler knows the process that it started, and not those that this one started; they end, and this one as they
    do. A program that handles a signal itself keeps its handler. Python hands signals to the main thread: entered in
    another one, this does nothing.

    Args:
        processes: perhaps none yet; who adds one sends it what has come before.
    """
    received: list[int] = []
    owner = os.getpid()

    def receive(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:
            in_fork(number, frame)
        else:
            received.append(number)
            send(number, processes)

    in_main = threading.current_thread() is threading.main_thread()
    taken = {kind: signal.signal(kind, receive) for kind in SIGNALS if in_main and is_free(kind)}
    try:
        yield received
    finally:
        for kind, handler in taken.items():
            signal.signal(kind, handler)


def send(number: int, processes: Iterable[Any]) -> None:
    """Sends a signal to those that are alive."""
    for process in processes:
        if process.is_alive():
            os.kill(process.pid, number)
