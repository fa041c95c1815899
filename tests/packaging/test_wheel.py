"""What users install: the wheel, in an environment of its own."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tests.projects import ROOT


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints, run without this checkout on any path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PIP_NO_COMPILE": "1"}  # what is imported is compiled then
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def link_packages(requirements: Iterable[str], folder: Path) -> None:
    """Puts these packages and all that they need, and no other, into an environment: as pip would, without unpacking.

    They are those of the tests' own environment: torch alone is half a gigabyte.
    """
    wanted, there = list(requirements), set[str]()
    while wanted:
        requirement = Requirement(wanted.pop())
        if requirement.name in there or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        there.add(requirement.name)
        package = importlib.metadata.distribution(requirement.name)
        wanted += package.requires or ()
        for name in {path.parts[0] for path in package.files or ()} - {".."}:
            if not (folder / name).exists():
                (folder / name).symlink_to(package.locate_file(name))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_wheel_makes_a_project_that_trains(tmp_path: Path) -> None:
    """Built, installed in a clean environment without torch, it makes a project; that one installs and trains."""
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    wheel = next(tmp_path.glob("torch_scaffold-*.whl"))
    venv.create(tmp_path / "env")
    bin_folder = tmp_path / "env" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", bin_folder / "python")
    run(*pip, "install", "--quiet", wheel, cwd=tmp_path)
    listed = {entry["name"] for entry in json.loads(run(*pip, "list", "--format", "json", cwd=tmp_path))}
    assert "torch-scaffold" in listed
    assert "torch" not in listed

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
    dependencies = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
    link_packages(dependencies, next((tmp_path / "env").glob("lib/python*/site-packages")))
    run(*pip, "install", "--quiet", "--editable", ".", cwd=project)
    run(bin_folder / "python", "-m", "tried.train", "--fast-dev-run", "--name", "first", cwd=project)
    results = json.loads((project / "outputs" / "first" / "results.json").read_text())
    assert results["epochs"] == 1
