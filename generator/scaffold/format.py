"""Formats and checks generated Python with ruff, by the settings that the project itself will have."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs]  # it has none

from .errors import TemplateError
from .project import ProjectFile, refuse_outside

FORMAT = ("format", "--quiet")
SORT_IMPORTS_AND_CHECK = ("check", "--quiet", "--extend-select=I", "--fixable=I", "--fix", "--output-format=json")
SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml")
FINDINGS = 1
"""Ruff's exit status where the code, and not ruff itself, has a fault."""


def format_files(files: Mapping[PurePosixPath, ProjectFile]) -> dict[PurePosixPath, ProjectFile]:
    """The files with sorted imports and ruff's layout.

    Raises:
        TemplateError: the Python has an undefined name, an unused import or another of ruff's findings, or
            the project's settings for ruff are wrong.
    """
    refuse_outside(files)  # they are written below a temporary folder
    sources = [path for path in files if path.suffix == ".py"]
    settings = [path for path in files if path.name in SETTINGS]
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        root = Path(folder).resolve()
        for path in [*sources, *settings]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(files[path].content)
        own_settings = any(_has_settings(path, files[path]) for path in settings if path.parent == PurePosixPath())
        isolated = () if own_settings else ("--isolated",)  # else ruff takes those of a folder above, or the user's
        _ruff(root, [*FORMAT, *isolated])
        findings = json.loads(_ruff(root, [*SORT_IMPORTS_AND_CHECK, *isolated]))
        _refuse(findings, root, files)
        return {**files, **{path: _reread(root, path, files[path]) for path in sources}}


def ruff_version() -> str:
    """The version of the ruff that formats."""
    return subprocess.run([find_ruff_bin(), "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


def _has_settings(path: PurePosixPath, file: ProjectFile) -> bool:
    return path.name != "pyproject.toml" or b"[tool.ruff" in file.content


def _ruff(root: Path, arguments: Sequence[str]) -> str:
    """What ruff prints for the files below `root`, whatever the environment, or a `.gitignore` above it, says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    command = [find_ruff_bin(), *arguments, "--no-cache", "--no-respect-gitignore", "."]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode > FINDINGS:
        raise TemplateError(f"Ruff refuses the generated project: {done.stderr.strip()}", "Mend the template.")
    return done.stdout


def _refuse(findings: Sequence[dict[str, Any]], root: Path, files: Mapping[PurePosixPath, ProjectFile]) -> None:
    if not findings:
        return
    first = findings[0]
    path = PurePosixPath(Path(first["filename"]).relative_to(root).as_posix())
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    raise TemplateError(
        f"Generated code is not clean: '{path}', line {first['location']['row']}: {first['message']}"
        f" ({first['code']}{more}).",
        f"The file comes from layer '{files[path].layer}': mend it there.",
    )


def _reread(root: Path, path: PurePosixPath, file: ProjectFile) -> ProjectFile:
    return ProjectFile((root / path).read_bytes(), file.mode, file.layer)
