"""Projects without what can be left out: they train, and say one sentence when asked for what is not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.projects import EXTRAS, GeneratedProject, make_project
from tests.warm_python import Program


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The project with nothing that can be left out."""
    return make_project(tmp_path_factory.mktemp("bare") / "digits", extras=[], metrics=[], backend=[], loggers=[])


def test_without_extras_it_trains(bare: GeneratedProject) -> None:
    """A run goes through everything, and its checkpoints are there."""
    run = bare.train("bare", "--backend", "none", "--fast-dev-run")
    assert set(run.results["metrics"]) == {"accuracy", "loss"}
    assert {path.name.split("_")[0] for path in (run.folder / "checkpoints").glob("*.pt")} == {"best", "last"}


def test_without_extras_their_modules_are_not_there(bare: GeneratedProject) -> None:
    """Neither in the runtime, nor beside it."""
    names = {path.stem for path in (bare.folder / "src").rglob("*.py")}
    assert not names & {"ema", "ema_handler", "time_limit", "async_disk_saver", "staging", "step_profiler", "swa"}


def test_with_every_extra_it_trains(tmp_path: Path) -> None:
    """A run with all of them goes through, each leaves what it is for, and the project's own tests of them pass."""
    project = make_project(tmp_path / "digits", extras=EXTRAS)
    flags = ("--ema-momentum", "0.1", "--profile", "--time-limit-minutes", "60", "--max-epochs", "2")
    run = project.train("all", "--backend", "none", "--overfit-batches", "4", *flags)
    assert run.results["epochs"] == 2
    assert json.loads((run.folder / "trace.json").read_text())["traceEvents"]
    wanted = ("-k", "ema or profile or time_limit")
    done = project.call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *wanted)
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 3


@pytest.mark.parametrize("flag", ["--time-limit-minutes", "--ema-momentum", "--profile"])
def test_a_flag_of_an_absent_extra_is_refused(bare: GeneratedProject, flag: str) -> None:
    """The command line names the flag that it does not know."""
    done = run_without_check(bare, flag)
    assert done.returncode == 2
    assert f"Unrecognized options: {flag}" in done.stdout + done.stderr


@pytest.mark.parametrize("backend", ["xla-tpu", "horovod"])
def test_an_absent_backend_is_one_sentence(bare: GeneratedProject, backend: str) -> None:
    """The program ends with what is missing and the command that brings it, without a traceback."""
    done = run_without_check(bare, "--backend", backend)
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: Backend '{backend}' is not part of this project.\nHint:  `scaffold add backend {backend}` brings it.\n"
    )


def test_the_first_backend_that_was_named_is_the_default(tmp_path: Path) -> None:
    """Several may be named; each brings its module and its group of dependencies, and the first is used."""
    project = make_project(tmp_path / "project", "digits", backend=["xla-tpu", "horovod"])
    names = {path.stem for path in (project.folder / "src").rglob("comp_models/*.py")}
    assert {"xla", "horovod", "native"} <= names
    settings = (project.folder / "pyproject.toml").read_text()
    assert 'xla = ["torch==2.9.*", "torch_xla==2.9.*"]' in settings
    assert "horovod = [" in settings
    assert 'backend: str = "xla-tpu"' in (project.folder / "src/digits/config.py").read_text()


def run_without_check(project: GeneratedProject, *flags: str) -> subprocess.CompletedProcess[str]:
    """A run that may fail."""
    words = ["-m", f"{project.package}.train", *flags]
    paths = {"PYTHONPATH": str(project.folder / "src")}
    program = Program(words, os.environ | paths, stderr="apart", folder=project.folder)
    out, error = program.communicate(timeout=240)
    return subprocess.CompletedProcess(words, program.wait(), out, error)
