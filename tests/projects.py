"""Generated projects for tests: made once per answers, by the code under test, and run as their owner runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog
from tests.warm_python import run

ROOT = Path(__file__).parents[1]
TEMPLATE = "vision-classification"
EXTRAS = ["ema", "time-limit", "async-checkpoints", "profiler"]
"""All that a run can do besides, for projects that are to have everything with a state."""


@dataclass(frozen=True)
class Run:
    """A finished run."""

    folder: Path
    output: str

    @cached_property
    def results(self) -> dict[str, Any]:
        """What `results.json` says."""
        return json.loads((self.folder / "results.json").read_text())


@dataclass(frozen=True)
class GeneratedProject:
    """A project on disk."""

    folder: Path
    package: str

    def train(
        self,
        name: str,
        *flags: str,
        launcher: tuple[str, ...] = (sys.executable,),
        environment: Mapping[str, str] | None = None,
    ) -> Run:
        """Runs `LAUNCHER -m PACKAGE.train --name NAME FLAGS` in the project's folder, to its end."""
        command = [*launcher, "-m", f"{self.package}.train", "--name", name, *flags]
        done = self.call(*command, environment=environment)
        return Run(self.folder / "outputs" / name, done.stdout)

    def call(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a command in the project's folder; a failure shows what it printed."""
        paths = {"PYTHONPATH": str(self.folder / "src"), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
        done = run(command, {**os.environ, **paths, **(environment or {})}, folder=self.folder)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done


def make_project(folder: Path, name: str = "digits", *, template: str = TEMPLATE, **answers: Any) -> GeneratedProject:
    """The project of these answers, written to `folder`."""
    project = generate(load_catalog(), template, name, answers)
    write_project(project, folder)
    return GeneratedProject(folder, project.name.package)


def xla_python() -> str:
    """The interpreter of the environment with torch_xla."""
    return _python_of("xla")


def horovod_python() -> str:
    """The interpreter of the environment with Horovod; its launcher is beside it."""
    return _python_of("horovod")


def trackers_python() -> str:
    """The interpreter of the environment with the clients of trackers."""
    return _python_of("trackers")


def _python_of(environment: str) -> str:
    """The interpreter of one of the environments that `make envs` makes.

    Raises:
        FileNotFoundError: the environment has not been made.
    """
    python = Path(os.environ.get(f"SCAFFOLD_{environment.upper()}_PYTHON", ROOT / f".envs/{environment}/bin/python"))
    if not python.is_file():
        raise FileNotFoundError(f"There is no {python}: `make envs` makes it.")
    return str(python)
