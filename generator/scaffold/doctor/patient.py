"""What is examined: a project, if there is one, and the environment that runs it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ..errors import UsageError

PROBE = Path(__file__).with_name("probe.py")
PROBE_SECONDS = 120
"""An environment on a slow network file system takes a minute to import torch."""


@dataclass(frozen=True)
class Patient:
    """A project and its environment.

    Attributes:
        folder: the project's.
        python: the interpreter that runs it.
        answers: what it was made of; nothing without a project.
        package: its package; nothing without a project of ours.
        settings: the `[project]` of its `pyproject.toml`.
        found: what the environment says of itself.
    """

    folder: Path
    python: str
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    package: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    found: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def requirements(self) -> list[str] | None:
        """What a project of ours says that it needs; nothing if that is no list of texts."""
        listed = self.settings.get("dependencies") if self.package is not None else None
        is_list = isinstance(listed, list) and all(isinstance(each, str) for each in cast("list[Any]", listed))
        return cast("list[str]", listed) if is_list else None

    def run(self, *words: str) -> str:
        """A command of its interpreter, quoted for a shell."""
        return shlex.join([self.python, *words])

    def chosen(self, option: str) -> list[str]:
        """What was answered to an option that takes several words."""
        value = self.answers.get(option)
        return (
            [str(each) for each in cast("list[Any]", value)] if isinstance(value, list) else [str(value)] * bool(value)
        )

    def can_import(self, module: str) -> bool:
        """Whether the environment has a module."""
        return "version" in self.found["modules"].get(module, {})


def find_python(folder: Path, given: str | None) -> str:
    """The interpreter of a project: the one given, that of its `.venv`, the active environment's, or the shell's.

    Raises:
        UsageError: there is none.
    """
    own = [folder / ".venv/bin/python", folder / ".venv/Scripts/python.exe"]
    active = [Path(os.environ["VIRTUAL_ENV"]) / "bin/python"] if os.environ.get("VIRTUAL_ENV") else []
    there = next((str(path) for path in [*own, *active] if path.is_file()), None)
    python = given or there or shutil.which("python3") or shutil.which("python") or sys.executable
    if shutil.which(python) is None:
        raise UsageError(
            f"There is no Python at '{python}'.", "Name the project's interpreter: `--python .venv/bin/python`."
        )
    return python


def read_settings(folder: Path) -> Mapping[str, Any]:
    """The `[project]` of the folder's `pyproject.toml`; nothing if there is none that can be read."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", project) if isinstance(project, dict) else {}


def ask(python: str, modules: Sequence[str], requirements: Sequence[str], folder: Path) -> dict[str, Any]:
    """What an environment says of itself.

    Raises:
        UsageError: its interpreter does not run, or is too old to answer.
    """
    request = json.dumps({"modules": list(modules), "requirements": list(requirements)})
    command = [python, "-P", str(PROBE)]
    said = ""
    try:
        done = subprocess.run(
            command, cwd=folder, input=request, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
        said = done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        reason = f"it has no answer after {PROBE_SECONDS} seconds"
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError:
        reason = said
    raise UsageError(f"'{python}' cannot be asked: {reason}.", "A Python of 3.11 or newer can: `--python PATH`.")
