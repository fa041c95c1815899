"""A profiled run leaves its trace, and says where the time goes."""

import json
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run


def test_the_trace_is_there(tmp_path: Path, data_flags: list[str]) -> None:
    """`--profile` writes the events of the first iterations to the run's folder."""
    flags = ["--backend", "none", "--fast-dev-run", "--profile", "--name", "traced", "--output-dir", str(tmp_path)]
    run(0, parse_config([*flags, *data_flags]))
    assert json.loads((tmp_path / "traced" / "trace.json").read_text())["traceEvents"]
    assert "the bottleneck" in (tmp_path / "traced" / "trace.txt").read_text()
