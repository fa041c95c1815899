"""Metrics on a real XLA device, judged by torch_xla's counters."""

import json
import os
from pathlib import Path

import pytest
from tests.runtime.metrics.fed_with_tensors import FED
from tests.warm_python import run

pytestmark = [pytest.mark.xla, pytest.mark.slow]

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def counted():
    """What every metric took there, and its value."""
    done = run(
        [str(ROOT / ".envs/xla/bin/python"), str(Path(__file__).with_name("count_on_xla.py"))],
        os.environ | {"PJRT_DEVICE": "CPU", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'runtime'}"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_counters_count(counted):
    """Something is compiled for the first batch, so the counters would show what comes later."""
    assert sum(found["compiled"][0] for found in counted.values()) >= len(FED) / 2


@pytest.mark.parametrize("name", FED)
def test_updates(counted, name):
    """After two batches no graph is compiled any more; nothing is read from the device, nothing falls back to aten."""
    found = counted[name]
    assert found["compiled"][-1] == found["compiled"][1]
    assert found["reads"] is None
    assert found["fallbacks"] == []


@pytest.mark.parametrize("name", FED)
def test_value(counted, name):
    """It is that of the CPU, but for the precision of the device."""
    assert counted[name]["value"] == pytest.approx(counted[name]["expected"], rel=1e-4, abs=1e-5, nan_ok=True)
