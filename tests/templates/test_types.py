"""The command for types that a project's README names, run in projects that together have every layer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.projects import make_project, xla_python

from scaffold.template.catalog import load_catalog
from scaffold.template.resolve import resolve

TEMPLATE = "vision-classification"
METRICS = [choice.name for option in resolve(load_catalog(), TEMPLATE, {}).options if option.name == "metrics"
           for choice in option.choices]  # fmt: skip

WITH_DIGITS: list[dict[str, Any]] = [
    {},
    {"extras": [], "metrics": []},
    {
        "extras": ["ema", "time-limit", "async-checkpoints", "profiler"],
        "backend": ["horovod", "xla-tpu"],
        "loggers": ["tensorboard"],
        "metrics": METRICS,
    },
]
WITH_TORCHVISION: list[dict[str, Any]] = [
    {"dataset": "cifar10", "model": "resnet"},
    {"dataset": "imagefolder", "model": "torchvision"},
]


def check(answers: dict[str, Any], folder: Path, python: str) -> None:
    """Runs the command as the README has it, where this interpreter is `python`."""
    project = make_project(folder / "project", **answers)
    command = re.search(r"^basedpyright\b[^#\n]*", (project.folder / "README.md").read_text(), flags=re.M)
    assert command is not None
    checker = Path(sys.executable).parent / "basedpyright"
    path = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [checker, *command[0].split()[1:]],
        cwd=project.folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "0 errors, 0 warnings" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("answers", WITH_DIGITS, ids=["defaults", "nothing", "everything"])
def test_nothing_is_reported(answers: dict[str, Any], tmp_path: Path) -> None:
    """The checker finds nothing, by the settings in the project's own pyproject.toml: in its code and its tests."""
    check(answers, tmp_path, sys.executable)


@pytest.mark.slow
@pytest.mark.xla
@pytest.mark.parametrize("answers", WITH_TORCHVISION, ids=["cifar10", "imagefolder"])
def test_nothing_is_reported_with_torchvision(answers: dict[str, Any], tmp_path: Path) -> None:
    """Neither where torchvision is installed, which the project then uses."""
    check(answers, tmp_path, xla_python())


def test_every_layer_is_in_one_of_them() -> None:
    """A layer that is added later is not forgotten here."""
    catalog = load_catalog()
    seen = {
        layer.id
        for answers in (*WITH_DIGITS, *WITH_TORCHVISION)
        for layer in resolve(catalog, TEMPLATE, answers).layers
    }
    assert seen == set(catalog.ids)
