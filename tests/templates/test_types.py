"""The command for types that a project's README names, run in projects that together have every layer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
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
        "extras": ["early-stopping", "ema", "time-limit", "async-checkpoints", "profiler"],
        "backend": ["horovod", "xla-tpu"],
        "loggers": ["tensorboard"],
        "metrics": METRICS,
    },
]
WITH_TORCHVISION: list[dict[str, Any]] = [
    {"dataset": "cifar10", "model": "resnet"},
    {"dataset": "imagefolder", "model": "torchvision"},
]


def check(different: list[dict[str, Any]], folder: Path, python: str) -> None:
    """Runs the command as READMEs have it, where the interpreter is `python`, over different projects at once.

    By the settings in the projects' own pyproject.toml; each finds its own package as it does when it is alone.
    """
    projects = [make_project(folder / f"p{n}", f"digits{n}", **answers) for n, answers in enumerate(different)]
    commands, settings = set[str](), list[dict[str, Any]]()
    for project in projects:
        commands |= set(re.findall(r"^basedpyright\b[^#\n]*", (project.folder / "README.md").read_text(), flags=re.M))
        settings.append(tomllib.loads((project.folder / "pyproject.toml").read_text())["tool"]["pyright"])
    assert len(commands) == 1
    assert settings == [settings[0]] * len(projects)
    whole = settings[0] | {
        "include": [f"{project.folder.name}/{path}" for project in projects for path in settings[0]["include"]],
        "executionEnvironments": [
            {"root": project.folder.name, "extraPaths": [f"{project.folder.name}/src"]} for project in projects
        ],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(whole))
    checker = Path(sys.executable).parent / "basedpyright"
    path = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [checker, *commands.pop().split()[1:], "--outputjson"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout)
    assert (done.returncode, said["generalDiagnostics"]) == (0, []), done.stderr[-2000:]
    files = [
        path for project in projects for part in ("src", "tests") for path in (project.folder / part).rglob("*.py")
    ]
    assert said["summary"]["filesAnalyzed"] == len(files)


@pytest.mark.slow
def test_nothing_is_reported(tmp_path: Path) -> None:
    """The checker finds nothing in projects with the defaults, with nothing, with everything, and in their tests."""
    check(WITH_DIGITS, tmp_path, sys.executable)


@pytest.mark.slow
@pytest.mark.xla
def test_nothing_is_reported_with_torchvision(tmp_path: Path) -> None:
    """Neither where torchvision is installed, which the project then uses."""
    check(WITH_TORCHVISION, tmp_path, xla_python())


def test_every_layer_is_in_one_of_them() -> None:
    """A layer that is added later is not forgotten here."""
    catalog = load_catalog()
    seen = {
        layer.id
        for answers in (*WITH_DIGITS, *WITH_TORCHVISION)
        for layer in resolve(catalog, TEMPLATE, answers).layers
    }
    assert seen == set(catalog.ids)
