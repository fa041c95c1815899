"""What only Polyaxon's files can come to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.projects import ROOT, trackers_python

PROGRAM = """
import sys
from pathlib import Path
from scaffold_runtime.handlers.polyaxon_logger import PolyaxonLogger

folder = Path(sys.argv[1])
for step in (1, 2):
    if step == 2:  # as if the run had been killed where the client had made a file and written nothing to it
        (events,) = (folder / "runs").glob("*/events/metric")
        (events / "accuracy.plx").write_text("")
    logger = PolyaxonLogger(folder=folder, id_file=folder / "id.json")
    logger.write({"loss": 0.5 / step, **({"accuracy": 0.75} if step == 2 else {})}, step)
    logger.close("finished")
    assert not logger.lost, logger.lost

from traceml.events import V1Events

for name in ("loss", "accuracy"):
    rows = V1Events.read(kind="metric", name=name, data=str(events / f"{name}.plx")).df.to_dict("records")
    print(name, {int(row["step"]): row["metric"] for row in rows})
"""


@pytest.mark.slow
def test_a_file_without_its_first_line(tmp_path: Path) -> None:
    """A kill at that instant costs nothing: what comes after the resume can be read."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime")}
    command = [trackers_python(), "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.stdout.splitlines() == ["loss {1: 0.5, 2: 0.25}", "accuracy {2: 0.75}"], done.stderr
