"""Real processes for the handlers' tests: programs of the folder `programs`, alone or several that meet."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.warm_python import Program

PROGRAMS = Path(__file__).parent / "programs"
StartProgram = Callable[..., Program]
RunProgram = Callable[..., list[str]]


def _environment() -> dict[str, str]:
    runtime = Path(__file__).parents[3] / "runtime"
    return os.environ | {"PYTHONPATH": str(runtime), "OMP_NUM_THREADS": "1"}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def start_program() -> StartProgram:
    """Starts a program and returns it while it runs."""

    def start(name: str, *args: object, **environment: str) -> Program:
        return Program([str(PROGRAMS / name), *map(str, args)], _environment() | environment)

    return start


@pytest.fixture
def start_together(start_program: StartProgram) -> Callable[..., list[Program]]:
    """Starts a program in several processes that can meet, and returns them while they run."""

    def start(name: str, *args: object, processes: int) -> list[Program]:
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(processes)}
        ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes)]
        return [start_program(name, *args, **meeting, **rank) for rank in ranks]

    return start


@pytest.fixture
def run_program(start_program: StartProgram, start_together: Callable[..., list[Program]]) -> RunProgram:
    """Runs a program to its end, in one process or in several that meet; returns what each printed."""

    def run(name: str, *args: object, processes: int = 1) -> list[str]:
        alone = processes == 1
        started = [start_program(name, *args)] if alone else start_together(name, *args, processes=processes)
        outputs = [process.communicate(timeout=240)[0] for process in started]
        for process, output in zip(started, outputs, strict=True):
            assert process.returncode == 0, output
        return outputs

    return run
