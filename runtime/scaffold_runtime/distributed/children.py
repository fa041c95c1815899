"""The processes that `spawn` starts: watched, and ended together when one of them leaves.

Each says why it leaves before its connections close: of several reports the first is the cause, and
the parent ends as that process did - with its traceback, or with its exit code and no word.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, NamedTuple

from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException

from .errors import LaunchError
from .signals import Forwarding

GRACE_SECONDS = 5.0
LEAVING_SECONDS = 60.0  # for those that leave in order: they close files and loggers
_MAX_TRACEBACK = 30_000  # characters; what fits a pipe that nobody reads yet


class Report(NamedTuple):
    """Why a process leaves: with an exit code or last words of its choice, or with an error."""

    seconds: float
    rank: int
    pid: int
    exit_code: int | str | None = None
    launch_error: LaunchError | None = None
    trace: str = ""


@contextmanager
def reported(rank: int, reports: Any) -> Generator[None]:
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
            reports.put(Report(time.time(), rank, os.getpid(), exit_code=last_words))
        raise SystemExit(code) from None  # the parent says it, once
    except Exception as error:
        trace = traceback.format_exc()[-_MAX_TRACEBACK:]
        launch_error = error if isinstance(error, LaunchError) else None
        reports.put(Report(time.time(), rank, os.getpid(), launch_error=launch_error, trace=trace))
        raise


def exit_code(leaving: SystemExit) -> int:
    """What the process ends with: `sys.exit` takes a number, nothing, or a text, which means 1.

    Example:
        >>> [exit_code(SystemExit(code)) for code in (75, None, "no such file")]
        [75, 0, 1]
    """
    if leaving.code is None:
        return 0
    return leaving.code if isinstance(leaving.code, int) else 1


class Children:
    """Processes that begin and end together.

    Args:
        processes: as `multiprocessing` starts them.
        reports: the queue that they were given.
        signals: those that have been passed on to them.
    """

    def __init__(self, processes: Sequence[Any], reports: Any, signals: Forwarding) -> None:
        self._processes = list(processes)
        self._queue = reports
        self._reports: list[Report] = []
        self._signals = signals

    def join(self) -> None:
        """Waits for all of them.

        Raises:
            SystemExit: the first that left did so, with this exit code, or a signal that was passed on ended it.
            LaunchError: the processes did not meet.
            ProcessRaisedException: a process failed; its traceback is in the message.
            ProcessExitedException: a process was killed.
        """
        try:
            failed = self._watch()
        except BaseException:  # Ctrl-C: who reads the terminal too has got it
            _end(self._processes, GRACE_SECONDS)
            raise
        if failed is not None:
            self._raise(failed)

    def _watch(self) -> Any:
        """Waits; when one leaves before its end, ends the others and returns the one that is the cause.

        A process that is killed leaves without a word, and those that noticed may be quicker: it is looked for first.
        """
        running = {process.sentinel: process for process in self._processes}
        while running:
            for sentinel in wait(list(running)):
                process = running.pop(sentinel)  # pyright: ignore[reportArgumentType]  # a sentinel is an int
                process.join()
                if process.exitcode != 0:
                    ended = [other for other in self._processes if other.exitcode not in (None, 0)]
                    first = self._first_report()
                    mute = [other for other in ended if self._is_mute(other)]
                    leaves = first is not None and first.exit_code is not None and not mute
                    _end(running.values(), LEAVING_SECONDS if leaves else GRACE_SECONDS)
                    return mute[0] if mute else process
        return None

    def _first_report(self) -> Report | None:
        while not self._queue.empty():
            self._reports.append(self._queue.get())
        return min(self._reports, default=None)

    def _is_mute(self, process: Any) -> bool:
        return all(report.pid != process.pid for report in self._reports)

    def _raise(self, failed: Any) -> None:
        number, code, first = self._processes.index(failed), failed.exitcode, self._first_report()
        if first is None or self._is_mute(failed):
            if self._signals.explains(code):
                raise SystemExit(128 - code if code < 0 else code)
            name = signal.Signals(-code).name if code < 0 else None
            memory = " (the kernel does so when memory runs out)" if name == "SIGKILL" else ""
            raise ProcessExitedException(
                f"Process {number} ended with {name or f'exit code {code}'}{memory}; the others were ended.",
                error_index=number, error_pid=failed.pid, exit_code=code, signal_name=name,
            )  # fmt: skip
        if first.exit_code is not None:
            raise SystemExit(first.exit_code)
        if first.launch_error is not None:
            raise first.launch_error
        raise ProcessRaisedException(
            f"Rank {first.rank} failed; the others were ended.\n\n{first.trace}", number, failed.pid
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
