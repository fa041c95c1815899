"""The real Horovod, in its own environment: two processes under horovodrun, and two that the program spawns."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from tests.runtime.distributed.processes import PROGRAMS, python, python_of, run
from tests.runtime.distributed.programs import auto_jobs
from tests.runtime.distributed.programs.one_program import ROUNDING

pytestmark = [pytest.mark.horovod, pytest.mark.slow]


def horovodrun(program: str, *args: object, check: bool = True, hosts: str = "localhost:2") -> CompletedProcess[str]:
    """Runs a program of the folder `programs` in as many processes as the hosts have room for."""
    interpreter = python_of("horovod")
    folder = Path(interpreter).parent
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    number = sum(int(host.split(":")[1]) for host in hosts.split(","))
    command = (folder / "horovodrun", "--gloo", "-np", number, "-H", hosts, interpreter, PROGRAMS / program, *args)
    return run(*command, check=check, PATH=path)


def spawned(program: str, *args: object, check: bool = True) -> CompletedProcess[str]:
    """Runs a program that spawns its processes."""
    return python(program, *args, interpreter=python_of("horovod"), check=check)


@pytest.fixture(scope="module")
def under_horovodrun() -> str:
    """What two processes say that do all that is compared: the launcher takes longer than they do."""
    return horovodrun("under_horovodrun.py").stdout


def test_the_same_program(under_horovodrun: str) -> None:
    """Under horovodrun and through spawn, two processes measure the same, one process the same but for roundings."""
    alone = json.loads(python("one_program.py").stdout)
    outputs = (
        under_horovodrun,
        spawned("one_program.py", "--backend", "horovod", "--spawn", 2).stdout,
    )
    measured: list[dict[str, Any]] = [
        json.loads(output[output.index("{") : output.index("}") + 1]) for output in outputs
    ]
    assert measured[0] == measured[1]
    assert (measured[0]["backend"], measured[0]["world_size"]) == ("horovod", 2)
    assert measured[0]["losses"] == pytest.approx(alone["losses"], rel=ROUNDING)


def test_accumulated_gradients(under_horovodrun: str) -> None:
    """Two processes that accumulate and clip gradients end with the parameters of one."""
    ends = [json.loads(line.split(">:")[1]) for line in under_horovodrun.splitlines() if "<stdout>:[" in line]
    assert len(ends) == 2
    for own in ends:
        for values, expected in zip(own, auto_jobs.accumulate("none"), strict=True):
            assert values == pytest.approx(expected, rel=auto_jobs.ROUNDING, abs=auto_jobs.ROUNDING)


def test_collectives(under_horovodrun: str) -> None:
    """Every collective keeps its promise."""
    assert len(re.findall(r"rank [01]: \d+ checks on horovod", under_horovodrun)) == 2


@pytest.mark.parametrize("launcher", ["horovodrun", "spawn"])
def test_the_traceback_of_the_rank_that_failed_comes_first(launcher: str) -> None:
    """When rank 1 raises, all end within seconds, and the first error that one reads is rank 1's."""
    arguments = ("failing.py", "raises", "--backend", "horovod")
    done = (
        horovodrun(*arguments, check=False)
        if launcher == "horovodrun"
        else spawned(*arguments, "--spawn", 2, check=False)
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    errors = re.findall(r"^\[\d\]<stderr>:(?:\w+\.)*(\w+Error): ", said, flags=re.MULTILINE)
    assert errors[0] == "KeyError", "which only rank 1 raises"
    assert "KeyError: 'my own mistake'" in said


def test_machines_may_have_different_numbers_of_processes() -> None:
    """On a machine with one process and one with two (two names of this one), each process knows its place."""
    said = horovodrun("places.py", "horovod", hosts="localhost:1,127.0.0.1:2").stdout
    places = [line.split(">:")[1] for line in sorted(said.splitlines()) if "<stdout>" in line]
    assert places == ["(0, 3, 0, 1, 0, 2)", "(1, 3, 0, 2, 1, 2)", "(2, 3, 1, 2, 1, 2)"]


def test_a_call_that_some_ranks_do_not_make() -> None:
    """A collective of rank 0 alone ends at the timeout, which Horovod itself does not know, with its name and line."""
    done = horovodrun("failing.py", "waits", "--backend", "horovod", "--timeout", 2, check=False)
    assert done.returncode != 0
    assert re.search(r"Rank 0 waited in `all_reduce`, called at .*failing\.py:\d+, until the timeout", done.stderr)


def test_an_exit_code_passes_on() -> None:
    """Processes that leave with 75 end the program that spawned them with 75, without a traceback."""
    done = spawned("leaving.py", "together", "--backend", "horovod", "--spawn", 2, check=False)
    assert (done.returncode, done.stderr) == (75, "")
