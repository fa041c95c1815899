"""A short run, for tests of what runs leave: trained once, and copied for each test."""

import shutil
from pathlib import Path

from project_name.config import parse_config
from project_name.train import run

SHORT = ["--backend", "none", "--fast-dev-run", "--name", "run"]
RUNS: list[Path] = []


def short_run(folder: Path, data_flags: list[str]) -> Path:
    """The folder of a run of one batch, in a test's own folder.

    It was trained with the data of the first test that asked, whose files pytest keeps until all tests are over.
    """
    if not RUNS:
        run(0, parse_config([*SHORT, *data_flags, "--output-dir", str(folder / "first")]))
        RUNS.append(folder / "first" / "run")
    return shutil.copytree(RUNS[0], folder / "outputs" / "run")
