"""Real processes: teams that do many jobs, and programs under every launcher."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.warm_python import Program

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT_SECONDS = 240  # of a busy machine; an idle one needs ten

# What launchers and schedulers set; a test's processes see none of it unless the test sets it.
FOREIGN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT")


def environment(**extra: str) -> dict[str, str]:
    """The environment of a test's process: the runtime can be imported, and no launcher is near."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN and "SLURM" not in name}
    return kept | {"PYTHONPATH": f"{ROOT / 'runtime'}{os.pathsep}{PROGRAMS}", "OMP_NUM_THREADS": "1"} | extra


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python_of(name: str) -> str:
    """The interpreter of one of the environments that `make envs` builds."""
    python = Path(os.environ.get(f"SCAFFOLD_{name.upper()}_PYTHON", ROOT / ".envs" / name / "bin" / "python"))
    if not python.exists():
        pytest.fail(f"This test runs in the environment '{name}', which is not there: {python}. Run `make envs`.")
    return str(python)


def run(*command: object, check: bool = True, **extra: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and returns its output, of both streams where they matter together."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if check:
        assert done.returncode == 0, f"{' '.join(done.args)}\n{done.stdout}\n{done.stderr}"
    return done


def start(*words: object, interpreter: str = sys.executable, fresh_children: bool = False, **extra: str) -> Program:
    """Starts what an interpreter is given: a program of the folder `programs`, or `-m` and a module."""
    return Program(
        [*map(str, words)],
        environment(**extra),
        stderr="apart",
        python=interpreter,
        fresh_children=fresh_children,
    )


def python(*command: object, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a program of the folder `programs` to its end; options are those of `start`."""
    program = start(*_program(command), **options)
    try:
        done = subprocess.CompletedProcess(program.args, 0, *program.communicate(timeout=TIMEOUT_SECONDS))
    finally:
        program.kill()
    done.returncode = program.wait()
    if check:
        assert done.returncode == 0, f"{' '.join(done.args)}\n{done.stdout}\n{done.stderr}"
    return done


def torchrun(*command: object, nproc: int = 2, options: Sequence[str] = (), **kwargs: Any) -> Any:
    """Runs a program of the folder `programs` under torchrun."""
    where = () if options else ("--standalone",)
    return python(
        "-m", "torch.distributed.run", f"--nproc-per-node={nproc}", *where, *options, *_program(command), **kwargs
    )


def _program(command: Sequence[object]) -> tuple[object, ...]:
    return tuple(command) if command[0] == "-m" else (PROGRAMS / str(command[0]), *command[1:])


class Team:
    """Processes of one gloo group, started when the first job comes; each job runs on all of them."""

    def __init__(self, world_size: int) -> None:
        self.world_size = world_size
        self._running: list[Program] = []

    def do(self, job: str, *args: Any) -> list[Any]:
        """Calls "module.function" of the folder `programs` everywhere, and returns what each process returned."""
        self._running = self._running or self._start()
        for process in self._running:
            pickle.dump((job, args), process.stdin)
            process.stdin.flush()
        answers = [pickle.load(process.stdout) for process in self._running]
        for succeeded, answer in answers:
            assert succeeded, answer
        return [answer for _, answer in answers]

    def stop(self) -> None:
        """Ends the processes, and sees that they end well."""
        for process in self._running:
            process.stdin.close()
        for process in self._running:
            assert process.wait(timeout=30) == 0
            process.stdout.close()

    def _start(self) -> list[Program]:
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(self.world_size)}
        return [
            Program(
                [str(PROGRAMS / "member.py")], environment(RANK=str(rank), **meeting), stderr="inherited", binary=True
            )
            for rank in range(self.world_size)
        ]
