"""The real torch_xla on the CPU, in its own environment: one device, and four under SPMD."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.runtime.distributed.processes import python, python_of
from tests.runtime.distributed.programs.one_program import ROUNDING

pytestmark = [pytest.mark.xla, pytest.mark.slow]


def on_xla(program: str, *args: object, devices: int = 1) -> str:
    """What a program prints."""
    environment = {"PJRT_DEVICE": "CPU", "CPU_NUM_DEVICES": str(devices), "PYTHONWARNINGS": "error::DeprecationWarning"}
    return python(program, *args, interpreter=python_of("xla"), **environment).stdout


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    """The one program, without XLA."""
    return json.loads(python("one_program.py").stdout)


@pytest.mark.parametrize("devices", [1, 4])
def test_the_same_program(alone: dict[str, Any], devices: int) -> None:
    """On one device, and with the batch sharded over four, the metrics are those of the CPU but for roundings."""
    measured = json.loads(on_xla("one_program.py", "--backend", "xla-tpu", devices=devices))
    assert measured["device"] == "xla:0"
    assert measured["losses"] == pytest.approx(alone["losses"], rel=ROUNDING)


def test_several_processes_on_the_cpu() -> None:
    """XLA has one process on the CPU: one that is asked for is this one, and two are refused in a sentence."""
    command = ("failing.py", "nothing", "--backend", "xla-tpu", "--spawn")
    there = {"interpreter": python_of("xla"), "PJRT_DEVICE": "CPU"}
    assert "Traceback" not in python(*command, 1, **there).stderr
    two = python(*command, 2, check=False, **there)
    assert two.returncode == 1
    assert "Error: XLA on the CPU is one process, and `nproc_per_node` is 2.\nHint:  Leave it out;" in two.stderr


@pytest.mark.parametrize("devices", [1, 4])
def test_collectives(devices: int) -> None:
    """Every collective keeps its promise."""
    assert "checks on xla-tpu" in on_xla("check_collectives.py", "xla-tpu", devices=devices)


def test_gradients_are_averaged_before_they_are_clipped() -> None:
    """They are the means of all processes when `backward` returns, and the host has waited for nothing."""
    environment = {"PJRT_DEVICE": "CPU", "CPU_NUM_DEVICES": "1", "XLA_ALWAYS_ALLREDUCE": "1"}
    said = json.loads(python("xla_gradients.py", interpreter=python_of("xla"), **environment).stdout)
    assert said["waited"] is False
    assert said["after backward"] == [[3.0, 4.0]], "half of the sum: two processes"
    assert said["norm"] == 5.0
    assert said["clipped"][0] == pytest.approx([0.6, 0.8], rel=1e-6)


def test_batches_are_sharded() -> None:
    """Under SPMD each device holds a quarter of a batch, and an uneven batch counts each sample once."""
    said = json.loads(on_xla("xla_loader_job.py", devices=4))
    assert said["shards"] == [[2, 3]] * 4
    assert said["devices"] == 4
    assert said["uneven"] == sum(range(7 * 3))
    assert said["length"] == 2


@pytest.fixture(scope="module")
def loader_job() -> dict[str, Any]:
    """What `xla_loader_job.py` tells of one device."""
    return json.loads(on_xla("xla_loader_job.py"))


def test_the_loop_does_not_wait_or_recompile(loader_job: dict[str, Any]) -> None:
    """Over many steps the graph is compiled a few times, and the host never asks the device for a value."""
    assert loader_job["compilations"] <= 3
    assert loader_job["transfers from the device"] == 0


def test_errors_of_the_dataset_are_raised(loader_job: dict[str, Any]) -> None:
    """An exception in the dataset reaches the loop; torch_xla's own loader ends the epoch without a word."""
    assert loader_job["error"] == "broken sample"
