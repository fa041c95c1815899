"""A command and all processes that come of it, found by a mark in their environment and killed together.

torchrun gives each worker a session of its own, so that a signal to the process group would miss them.
Linux only: environments are read from /proc.
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

MARK = "STORM_MARK"


class Processes:
    """A started command.

    Args:
        command: its words.
        folder: where it runs.
        environment: added to ours.
        output: where it writes.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: dict[str, str], output: IO[bytes]) -> None:
        self._mark = uuid.uuid4().hex
        self._main = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment, MARK: self._mark},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
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

    def children(self) -> list[int]:
        """Those that the command itself has started and that live, oldest first."""
        parents = {pid: _parent(pid) for pid in self.pids()}
        return sorted(pid for pid, parent in parents.items() if parent == self._main.pid)

    def pids(self) -> Iterator[int]:
        """Those that live."""
        wanted = f"{MARK}={self._mark}".encode()
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and wanted in _environment(entry.name):
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


def _environment(pid: str) -> list[bytes]:
    """Of a process of ours; the others' cannot be read, and one that has ended has none."""
    try:
        return Path("/proc", pid, "environ").read_bytes().split(b"\0")
    except OSError:
        return []
