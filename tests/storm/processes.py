"""A command and all processes that come of it, found by a mark that they inherit and killed together.

torchrun gives each worker a session of its own, so that a signal to the process group would miss them.
The mark is in the environment of a process, or is the name of one that was forked from a warm interpreter.
Linux only: both are read from /proc.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from tests.warm_python import NAME as MARK
from tests.warm_python import Program


class Processes:
    """A started command.

    Args:
        command: its words.
        folder: where it runs.
        environment: added to ours.
        output: where it writes.
        warm: whether interpreters start at once, as `warm_python.py` has them.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: dict[str, str],
        output: IO[bytes],
        *,
        warm: bool = False,
    ) -> None:
        self._mark = uuid.uuid4().hex[:15]  # as long as names of processes can be
        environment = {**os.environ, **environment, MARK: self._mark}
        self._main = (
            Program(command[1:], environment, python=command[0], folder=folder, output=output)
            if warm
            else subprocess.Popen(
                command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        )

    @property
    def exit_code(self) -> int | None:
        """What the command ended with; None while it runs."""
        return self._main.poll()

    def kill(self) -> None:
        """SIGKILL to all of them; returns when none is left."""
        deadline = time.monotonic() + 30
        while pids := list(self.pids()):
            for pid in pids:
                send(pid, signal.SIGKILL)
            self._main.poll()
            assert time.monotonic() < deadline, f"{pids} do not die"
        self._main.wait(10)
        if isinstance(self._main, Program):
            self._main.close()

    def tell(self, number: int, times: int) -> None:
        """A signal to all of them, as schedulers send it to a job, and perhaps its echo."""
        for _ in range(times):
            for pid in list(self.pids()):
                send(pid, number)
            time.sleep(0.05)

    def children(self) -> list[int]:
        """Those that the command itself has started and that live, oldest first."""
        parents = {pid: _parent(pid) for pid in self.pids()}
        return sorted(pid for pid, parent in parents.items() if parent == self._main.pid)

    def pids(self) -> Iterator[int]:
        """Those that live."""
        wanted, name = f"{MARK}={self._mark}".encode(), f"{self._mark}\n".encode()
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and (
                wanted in _read(entry.name, "environ").split(b"\0") or _is_named(entry.name, name)
            ):
                yield int(entry.name)


def send(pid: int, number: int) -> None:
    """A signal to a process that may have gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _parent(pid: int) -> int | None:
    """The process that started it; None if it has gone."""
    try:
        status = Path("/proc", str(pid), "status").read_text()
    except OSError:
        return None
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:")))


def _is_named(pid: str, name: bytes) -> bool:
    """Whether it has this name and lives: one that has ended keeps it until it is waited for."""
    return _read(pid, "comm") == name and _read(pid, "stat").rpartition(b")")[2].split()[:1] != [b"Z"]


def _read(pid: str, file: str) -> bytes:
    """What /proc says of a process of ours; of the others not all can be read, and of one that has ended nothing."""
    try:
        return Path("/proc", pid, file).read_bytes()
    except OSError:
        return b""
