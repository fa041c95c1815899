"""Programs that start at once: forked from a process that has imported torch, which takes an interpreter four seconds.

Each is a process of its own - its arguments, environment, streams, signals and end are its own, it runs as `__main__`,
and Python ends in it as it always does. Only what importing torch itself does cannot be seen here.

The processes that such a program starts by `spawn` or as torchrun start so too: before it begins, a program leaves a
twin of itself behind, which forks them. They become the program's own children, whose number, signals and end it sees
as always. Where a test is about a start from nothing it asks for `fresh_children`.
"""

from __future__ import annotations

import atexit
import builtins
import ctypes
import fcntl
import gc
import importlib
import multiprocessing.util
import os
import pickle
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import IO, Any, NamedTuple

PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 15, 36  # of prctl(2); the second: orphans of our descendants become our children

TIMEOUT_SECONDS = 280  # of a busy machine

NAME = "NAME_OF_PROCESSES"
"""A variable for a name of up to 15 characters, by which /proc knows the program and all that come of it."""

IMPORTED = (
    *("torch", "torch.distributed.fsdp", "torch.distributed.checkpoint.state_dict", "torch.distributed.run", "numpy"),
    "torch._dynamo",  # the first optimizer imports it, which takes as long as torch itself
)
"""What programs find imported: nothing of ours, so that each imports the runtime from where its PYTHONPATH says."""

IMPORTED_IF_THERE = ("torch_xla", "sklearn.datasets", "matplotlib.figure")
"""What they find imported besides, where the environment has it."""


class Request(NamedTuple):
    """What is asked for: the words, the whole environment, the folder, and how children start."""

    words: list[str]
    environment: dict[str, str]
    folder: str
    fresh_children: bool = True


class Program:
    """A started program, with what tests need of `subprocess.Popen`.

    Args:
        words: the program's file and its arguments, or `-m`, a module and its arguments, or `-c`, the program itself
            and its arguments.
        environment: all of it.
        stderr: whether standard error is "apart", "with stdout", or "inherited" from the tests.
        binary: whether bytes are read; else it is text.
        python: the interpreter.
        folder: where it runs, if not here.
        fresh_children: whether the processes of `spawn` and torchrun are interpreters that start from nothing.
        output: a file for all that it prints, which then cannot be read here.
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
        fresh_children: bool = False,
        output: IO[bytes] | None = None,
    ) -> None:
        self.args = list(words)
        self.returncode: int | None = None
        (own_in, stdin), (self._status, own_status) = os.pipe(), os.pipe()
        out, own_out = os.pipe() if output is None else (os.open(os.devnull, os.O_RDONLY), os.dup(output.fileno()))
        error, own_error = os.pipe() if stderr == "apart" else (None, os.dup(own_out if stderr == "with stdout" else 2))
        given = [own_in, own_out, own_error, own_status]
        request = Request(self.args, dict(environment), str(folder or Path.cwd()), fresh_children)
        socket.send_fds(_server(python), [pickle.dumps(tuple(request))], given)
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

    def close(self) -> None:
        """Lets go of its streams."""
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
        self.wait()

    def _next_number(self) -> int:
        return struct.unpack("i", os.read(self._status, 4))[0]


def run(
    command: Sequence[str], environment: Mapping[str, str], *, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; if it begins with an interpreter, that starts at once."""
    if not Path(command[0]).name.startswith("python"):
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    with Program(command[1:], environment, stderr="apart", python=command[0], folder=folder) as program:
        try:
            out, error = program.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            program.kill()
    return subprocess.CompletedProcess(command, program.wait(), out, error)


@cache
def _server(python: str) -> socket.socket:
    """The socket of an interpreter's process that forks, which starts when it is first asked for."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [python, __file__, str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    atexit.register(lambda: (ours.close(), process.kill(), process.wait()))
    return ours


def _fork_programs(control: socket.socket) -> Request | None:
    """Forks for each request, and returns in the programs; None when nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that watch leave no zombies
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 4)
        if not message:
            return None
        if os.fork() == 0:
            control.close()
            _watch(*descriptors)
            return Request(*pickle.loads(message))
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


def _leave_a_twin() -> Request | None:
    """Forks a twin of this process, which forks the children that it is to have; returns in these what they are to do.

    In this process None. A child's parent is the twin's own child, which ends at once: then it is this process, which
    takes orphans.
    """
    program = os.getpid()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        return _fork_children(theirs, program)
    theirs.close()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)

    def start(words: list[str], environment: dict[str, str], numbers: Sequence[int], new_session: bool) -> int:
        message = (words, environment, str(Path.cwd()), list(numbers), new_session)
        socket.send_fds(ours, [pickle.dumps(message)], numbers)
        return int(ours.recv(16))

    _start_children_by(start)
    return None


def _start_children_by(start: Callable[[list[str], dict[str, str], Sequence[int], bool], int]) -> None:
    """Lets `spawn` and torchrun start interpreters so; what else is started is started as always."""
    fresh = multiprocessing.util.spawnv_passfds  # type: ignore[attr-defined]

    def spawned(path: bytes, words: list[str], numbers: Sequence[int]) -> int:
        if "--multiprocessing-fork" not in words:  # the tracker of resources
            return fresh(path, words, numbers)
        return start(words[1:], dict(os.environ), [0, 1, 2, *map(int, numbers)], False)

    def launched(handler: Any, words: Sequence[str], environment: dict[str, str]) -> Any:
        if words[0] != sys.executable:
            return fresh_launched(handler, words, environment)
        popen: Any = subprocess.Popen
        process = popen.__new__(popen)
        # All that waiting for it needs; `Popen` itself would start it.
        vars(process).update(args=words, returncode=None, stdin=None, stdout=None, stderr=None, _child_created=True)
        vars(process).update(_waitpid_lock=threading.Lock(), _sigint_wait_secs=0.25, _input=None)
        process.pid = start(list(words[1:]), environment, [0, 1, 2], True)
        return process

    multiprocessing.util.spawnv_passfds = spawned  # type: ignore[attr-defined]
    handlers = importlib.import_module(
        "torch.distributed.elastic.multiprocessing.subprocess_handler.subprocess_handler"
    )
    fresh_launched = handlers.SubprocessHandler._popen
    handlers.SubprocessHandler._popen = launched


def _fork_children(control: socket.socket, program: int) -> Request:
    """The twin's whole life; returns in the children."""
    for number in (0, 1, 2):  # who reads the program's output waits for its end, not for ours
        with open(os.devnull, "r+b") as nothing:
            os.dup2(nothing.fileno(), number)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 64)
        if not message:
            os._exit(0)
        words, environment, folder, numbers, new_session = pickle.loads(message)
        told, tells = os.pipe()
        between = os.fork()
        if between == 0:
            between = os.getpid()
            child = os.fork()
            if child:
                os.write(tells, str(child).encode())
                os._exit(0)
            for own in (told, tells, control.detach()):
                os.close(own)
            _take(descriptors, numbers)
            while os.getppid() == between:  # another moment
                time.sleep(0.001)
            if os.getppid() != program:
                os._exit(1)
            if new_session:
                os.setsid()
            return Request(words, environment, folder)
        os.close(tells)
        os.waitpid(between, 0)
        control.send(os.read(told, 16))
        os.close(told)
        for descriptor in descriptors:
            os.close(descriptor)


def _take(descriptors: Sequence[int], numbers: Sequence[int]) -> None:
    """Gives open files the numbers that they have in the parent."""
    apart = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 1 + max(numbers)) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for descriptor, number in zip(apart, numbers, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)


def _become(words: list[str], environment: dict[str, str], folder: str, set_by_imports: dict[str, str]) -> None:
    """Runs a program as Python does that is given these words; torch_xla is told some things by what it sets itself.

    By PJRT_DEVICE others ask whether there is a TPU.
    """
    if words[0] == "-u":
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
        words = words[1:]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment | {name: value for name, value in set_by_imports.items() if name != "PJRT_DEVICE"})
    if threads := environment.get("OMP_NUM_THREADS"):  # torch was imported where it may have been another number
        sys.modules["torch"].set_num_threads(int(threads))
    for option in filter(None, environment.get("PYTHONWARNINGS", "").split(",")):
        action, _, category = option.partition("::")
        warnings.simplefilter(action, getattr(builtins, category or "Warning"))  # type: ignore[arg-type]  # as it says
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    if words[0] == "-m":
        sys.path[:1] = [folder, *paths]
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return
    main = sys.modules["__main__"] = ModuleType("__main__")
    if words[0] == "-c":
        sys.path[:1] = [folder, *paths]
        sys.argv = ["-c", *words[2:]]
        exec(compile(words[1], "<string>", "exec"), main.__dict__)
        return
    sys.path[:1] = [str(Path(words[0]).parent), *paths]
    sys.argv = words
    main.__file__ = words[0]
    exec(compile(Path(words[0]).read_bytes(), words[0], "exec"), main.__dict__)


if __name__ == "__main__":
    environment = dict(os.environ)
    for name in (*IMPORTED, *(name for name in IMPORTED_IF_THERE if find_spec(name.partition(".")[0]))):
        __import__(name)
    set_by_imports = {name: value for name, value in os.environ.items() if environment.get(name) != value}
    gc.collect()
    gc.freeze()  # each look for garbage would copy all that is imported, and there are several at a program's end
    requested = _fork_programs(socket.socket(fileno=int(sys.argv[1])))
    if requested is not None and NAME in requested.environment:
        ctypes.CDLL(None).prctl(PR_SET_NAME, requested.environment[NAME].encode())
    if requested is not None and not requested.fresh_children:
        requested = _leave_a_twin() or requested
    if requested is not None:
        _become(*requested[:3], set_by_imports)
