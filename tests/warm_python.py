"""Programs that start at once: forked from a process that has imported torch, which takes an interpreter four seconds.

Each is a process of its own - its arguments, environment, streams, signals and end are its own, it runs as `__main__`,
and Python ends in it as it always does. Only what importing torch itself does cannot be seen here. It is for programs
that tests start; the processes of torchrun and of `spawn` are interpreters that start from nothing, in tests too.
"""

from __future__ import annotations

import atexit
import builtins
import os
import pickle
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import IO, Any

IMPORTED = (
    *("torch", "torch.distributed.fsdp", "torch.distributed.checkpoint.state_dict", "torch.distributed.run", "numpy"),
    "torch._dynamo",  # the first optimizer imports it, which takes as long as torch itself
)
"""What programs find imported: nothing of ours, so that each imports the runtime from where its PYTHONPATH says."""


class Program:
    """A started program, with what tests need of `subprocess.Popen`.

    Args:
        words: the program's file and its arguments, or `-m`, a module and its arguments.
        environment: all of it.
        stderr: whether standard error is "apart", "with stdout", or "inherited" from the tests.
        binary: whether bytes are read; else it is text.
        python: the interpreter.
        folder: where it runs, if not here.
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        stderr: str = "with stdout",
        binary: bool = False,
        python: str = sys.executable,
        folder: Path | None = None,
    ) -> None:
        self.args = list(words)
        self.returncode: int | None = None
        (own_in, stdin), (out, own_out), (self._status, own_status) = os.pipe(), os.pipe(), os.pipe()
        error, own_error = os.pipe() if stderr == "apart" else (None, os.dup(own_out if stderr == "with stdout" else 2))
        given = [own_in, own_out, own_error, own_status]
        socket.send_fds(
            _server(python), [pickle.dumps((self.args, dict(environment), str(folder or Path.cwd())))], given
        )
        for descriptor in given:
            os.close(descriptor)
        mode = "b" if binary else ""
        self.stdin: IO[Any] = os.fdopen(stdin, "w" + mode)
        self.stdout: IO[Any] = os.fdopen(out, "r" + mode)
        self.stderr: IO[Any] | None = None if error is None else os.fdopen(error, "r" + mode)
        self._open = [stream for stream in (self.stdout, self.stderr) if stream is not None]
        self._read: dict[IO[Any], list[bytes]] = {stream: [] for stream in self._open}
        self.pid = self._next_number()

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended: minus the signal if one ended it."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = self._next_number()
            os.close(self._status)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """All that it has printed, when it has ended; a line that was asked for may have taken others along."""
        deadline = None if timeout is None else time.monotonic() + timeout
        self.stdin.close()
        while self._open:
            ready = select.select(self._open, [], [], deadline and max(0.0, deadline - time.monotonic()))[0]
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            for stream in ready:
                if part := os.read(stream.fileno(), 1 << 16):
                    self._read[stream].append(part)
                else:
                    self._open.remove(stream)
                    stream.close()
        self.wait(deadline and max(0.0, deadline - time.monotonic()))
        out, error = (
            b"".join(self._read[stream]).decode() if stream else None for stream in (self.stdout, self.stderr)
        )
        return out, error

    def send_signal(self, number: int) -> None:
        """A signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def _next_number(self) -> int:
        return struct.unpack("i", os.read(self._status, 4))[0]


@cache
def _server(python: str) -> socket.socket:
    """The socket of an interpreter's process that forks, which starts when it is first asked for."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [python, __file__, str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    atexit.register(lambda: (ours.close(), process.kill(), process.wait()))
    return ours


def _fork_programs(control: socket.socket) -> tuple[list[str], dict[str, str], str] | None:
    """Forks for each request, and returns in the programs; None when nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that watch leave no zombies
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 4)
        if not message:
            return None
        if os.fork() == 0:
            control.close()
            _watch(*descriptors)
            return pickle.loads(message)
        for descriptor in descriptors:
            os.close(descriptor)


def _watch(*descriptors: int) -> None:
    """Forks the program, where it returns; tells its number and, when it has ended, its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, status = descriptors
    program = os.fork()
    for number, descriptor in enumerate(streams):
        if program == 0:
            os.dup2(descriptor, number)
        os.close(descriptor)
    if program == 0:
        os.close(status)
        return
    os.write(status, struct.pack("i", program))
    _, end = os.waitpid(program, 0)
    os.write(status, struct.pack("i", os.waitstatus_to_exitcode(end)))
    os._exit(0)


def _become(words: list[str], environment: dict[str, str], folder: str) -> None:
    """Runs a program as Python does that is given these words."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for option in filter(None, environment.get("PYTHONWARNINGS", "").split(",")):
        action, _, category = option.partition("::")
        warnings.simplefilter(action, getattr(builtins, category or "Warning"))  # type: ignore[arg-type]  # as it says
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    if words[0] == "-m":
        sys.path[:1] = [folder, *paths]
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return
    sys.path[:1] = [str(Path(words[0]).parent), *paths]
    sys.argv = words
    main = ModuleType("__main__")
    main.__file__ = words[0]
    sys.modules["__main__"] = main
    exec(compile(Path(words[0]).read_bytes(), words[0], "exec"), main.__dict__)


if __name__ == "__main__":
    for name in IMPORTED:
        __import__(name)
    requested = _fork_programs(socket.socket(fileno=int(sys.argv[1])))
    if requested is not None:
        _become(*requested)
