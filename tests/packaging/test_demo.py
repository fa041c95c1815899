"""The README's first command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.projects import ROOT


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_make_demo_trains_to_97_percent(tmp_path: Path) -> None:
    """`make demo` sets itself up, trains to at least 97 % of the test samples and says where everything is."""
    demo = tmp_path / "digits"
    done = subprocess.run(
        ["make", "demo", f"DEMO={demo}"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=1100
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    run = next((demo / "outputs").iterdir())
    assert json.loads((run / "results.json").read_text())["metrics"]["accuracy"] >= 0.97
    for name in ("curves.png", "checkpoints", "results.json"):
        assert f"{run.relative_to(demo)}/{name}" in done.stdout
        assert (run / name).exists()
