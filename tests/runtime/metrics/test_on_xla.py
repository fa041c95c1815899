"""Metrics on a real XLA device, judged by torch_xla's counters."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_steps():
    """After two steps no graph is compiled any more; nothing is read from the device, nothing falls back to aten."""
    done = subprocess.run(
        [ROOT / ".envs/xla/bin/python", Path(__file__).with_name("count_on_xla.py")],
        env=os.environ | {"PJRT_DEVICE": "CPU", "PYTHONPATH": str(ROOT / "runtime")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["compiled"][0] >= 1, "the counters count"
    assert found["compiled"][-1] == found["compiled"][1]
    assert found["reads"] is None
    assert found["fallbacks"] == []
    assert found["accuracy"] == found["expected"]
