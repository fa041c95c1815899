"""Formats and checks generated Python with ruff, by the settings that the project itself will have."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs]  # it has none

from .errors import TemplateError
from .project import ProjectFile

SORT_IMPORTS = ("check", "--select", "I", "--fix", "--quiet")
FORMAT = ("format", "--quiet")
CHECK = ("check", "--output-format", "json")


def format_files(files: Mapping[PurePosixPath, ProjectFile]) -> dict[PurePosixPath, ProjectFile]:
    """The files with sorted imports and ruff's layout.

    Raises:
        TemplateError: the Python has an undefined name, an unused import or another of ruff's findings.
    """
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        root = Path(folder).resolve()
        sources = [path for path in files if path.suffix == ".py"]
        for path in [*sources, *(path for path in files if path.name in ("pyproject.toml", "ruff.toml"))]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(files[path].content)
        _ruff(root, SORT_IMPORTS)
        _ruff(root, FORMAT)
        _refuse(json.loads(_ruff(root, CHECK) or "[]"), root, files)
        formatted = {path: (root / path).read_bytes() for path in sources}
    return {path: _with_content(file, formatted.get(path, file.content)) for path, file in files.items()}


def ruff_version() -> str:
    """The version of the ruff that formats."""
    return subprocess.run([find_ruff_bin(), "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


def _ruff(root: Path, arguments: tuple[str, ...]) -> str:
    command = [find_ruff_bin(), *arguments, "--no-cache", "."]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout


def _refuse(findings: list[dict[str, Any]], root: Path, files: Mapping[PurePosixPath, ProjectFile]) -> None:
    if not findings:
        return
    first = findings[0]
    path = PurePosixPath(Path(first["filename"]).relative_to(root).as_posix())
    more = f" ({len(findings) - 1} more)" if len(findings) > 1 else ""
    place = f"'{path}', line {first['location']['row']}"
    raise TemplateError(
        f"Generated code is not clean: {place}: {first['message']} ({first['code']}){more}.",
        f"The file comes from layer '{files[path].layer}': its author can mend it there.",
    )


def _with_content(file: ProjectFile, content: bytes) -> ProjectFile:
    return ProjectFile(content, file.mode, file.layer)
