"""What users install: the wheel, in an environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from tests.projects import ROOT

TORCH = "torch==2.13.0"


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints, run without this checkout on any path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_wheel_makes_a_project_that_trains(tmp_path: Path) -> None:
    """Built, installed in a clean environment without torch, it makes a project; that one installs and trains."""
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    wheel = next(tmp_path.glob("torch_scaffold-*.whl"))
    venv.create(tmp_path / "env", with_pip=True)
    bin_folder = tmp_path / "env" / "bin"
    run(bin_folder / "pip", "install", "--quiet", wheel, cwd=tmp_path)
    assert "torch " not in run(bin_folder / "pip", "list", cwd=tmp_path)

    with zipfile.ZipFile(wheel) as archive:
        indexed = json.loads(archive.read("scaffold/build/runtime_index.json"))
        sources = {
            path: hashlib.sha256(archive.read(path)).hexdigest()
            for path in archive.namelist()
            if path.startswith("scaffold_runtime/") and path.endswith(".py")
        }
    assert sorted(digest for digest, _ in indexed.values()) == sorted(sources.values())  # each module, as it is there

    run(
        bin_folder / "scaffold",
        "new",
        "made here",
        "--name",
        "tried",
        "--template",
        "vision-classification",
        cwd=tmp_path,
    )
    project = tmp_path / "made here"
    run(bin_folder / "pip", "install", "--quiet", TORCH, cwd=tmp_path)
    run(bin_folder / "pip", "install", "--quiet", "--editable", ".", cwd=project)
    run(bin_folder / "python", "-m", "tried.train", "--fast-dev-run", "--name", "first", cwd=project)
    results = json.loads((project / "outputs" / "first" / "results.json").read_text())
    assert results["epochs"] == 1
