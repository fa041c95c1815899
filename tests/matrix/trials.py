"""What a project of the cover must stand: its own type checker, its own tests, two steps and two more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog
from scaffold.template.combinations import Answers
from tests.projects import GeneratedProject, xla_python

WITH_TORCHVISION = ("torchvision",)
"""Packages that only the environment with torch_xla has."""


def has_clients(answers: Answers) -> bool:
    """Whether all that a project of these answers needs is in the environments: `tests.trackers` tries the trackers."""
    return set(answers.get("loggers", ())) <= {"tensorboard"}


def make_projects(rows: Sequence[tuple[str, Answers]], folder: Path) -> list[GeneratedProject]:
    """A project for each template and answers, all in one folder."""
    projects: list[GeneratedProject] = []
    for number, (template, answers) in enumerate(rows):
        project = generate(load_catalog(), template, f"project-{number}", answers)
        write_project(project, folder / project.name.project)
        projects.append(GeneratedProject(folder / project.name.project, project.name.package))
    return projects


def python_of(project: GeneratedProject) -> str:
    """The interpreter that has what the project needs."""
    needed = tomllib.loads((project.folder / "pyproject.toml").read_text())["project"]["dependencies"]
    return xla_python() if any(word.startswith(WITH_TORCHVISION) for word in needed) else sys.executable


def type_faults(projects: Sequence[GeneratedProject], folder: Path, python: str) -> list[str]:
    """What the checker reports that the projects' READMEs name, by their own settings, in one run over all of them.

    Each project finds its own package, as it does when it is alone. The runtime's files are read where the projects'
    own import them; they are the same in all.
    """
    commands, settings = set[str](), list[dict[str, Any]]()
    for project in projects:
        commands |= set(re.findall(r"^basedpyright\b[^#\n]*", (project.folder / "README.md").read_text(), flags=re.M))
        settings.append(tomllib.loads((project.folder / "pyproject.toml").read_text())["tool"]["pyright"])
    assert (len(commands), settings) == (1, [settings[0]] * len(projects))
    whole = settings[0] | {
        "include": [f"{project.folder.name}/{path}" for project in projects for path in settings[0]["include"]],
        "exclude": ["**/runtime"],
        "executionEnvironments": [
            {"root": project.folder.name, "extraPaths": [f"{project.folder.name}/src"]} for project in projects
        ],
    }
    file = folder / "pyrightconfig.json"
    file.write_text(json.dumps(whole))
    checker = Path(sys.executable).parent / "basedpyright"
    command = [checker, *commands.pop().split()[1:], "--outputjson", "--project", file]
    environment = {**os.environ, "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert said["summary"]["filesAnalyzed"] > len(projects), done.stderr[-2000:]
    return [
        f"{one['file'].removeprefix(str(folder))}:{one['range']['start']['line'] + 1}: {one['message']}"
        for one in said["generalDiagnostics"]
    ]


def failing_tests(project: GeneratedProject) -> str:
    """What the project's own tests print if they fail: they train, kill, resume, evaluate, export."""
    return _failure(project, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


def failing_steps(project: GeneratedProject) -> str:
    """What is printed if two steps of the configuration as shipped, and two more after them, do not go through."""
    flags = ["-m", f"{project.package}.train", "--name", "steps", "--backend", "none", "--overfit-batches", "2"]
    return _failure(project, *flags, "--max-epochs", "1") or _failure(
        project, *flags[:2], "--resume", "outputs/steps", "--max-epochs", "2"
    )


def _failure(project: GeneratedProject, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1"}
    command = [python_of(project), *arguments]
    done = subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    return "" if done.returncode == 0 else f"{' '.join(arguments)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
