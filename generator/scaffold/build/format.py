"""Formats and checks generated Python with ruff, by the settings that the project itself will have."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import ruff  # pyright: ignore[reportMissingTypeStubs]  # it has none

from ..errors import TemplateError
from .installed import installed_version
from .project import RUNTIME_LAYER, ProjectFile, refuse_outside

FORMAT = ("format", "--quiet")
CHECK = ("check", "--quiet", "--extend-select=F401,F821,I", "--output-format=json")
DEFAULT_RULES = ("--select=E4,E7,E9,F",)  # ruff's own defaults change with its version
SORT_IMPORTS = ("--fixable=I", "--fix")
SETTINGS = ("pyproject.toml", "ruff.toml", ".ruff.toml")
FINDINGS = 1
"""Ruff's exit status where the code, and not ruff itself, has a fault."""

Files = Mapping[PurePosixPath, bytes]
Finding = dict[str, Any]
"""One of ruff's, as its JSON has it."""


def format_files(files: Mapping[PurePosixPath, ProjectFile]) -> dict[PurePosixPath, ProjectFile]:
    """The files with sorted imports and ruff's layout; those that were copied of the runtime are as they should be.

    Raises:
        TemplateError: the Python has an undefined name, an unused import or another of ruff's findings, or
            the project's settings for ruff are wrong.
    """
    refuse_outside(files)  # they are written below a temporary folder
    sources = [path for path in files if path.suffix == ".py" and files[path].layer != RUNTIME_LAYER]
    copied = [path for path in files if path.suffix == ".py" and files[path].layer == RUNTIME_LAYER]
    settings = [path for path in files if path.name in SETTINGS]
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        root = Path(folder).resolve()
        for path in [*sources, *settings]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(files[path].content)
        for path in copied:  # empty, but there: else ruff takes an import of it for a library's, and sorts it so
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        own_settings = any(_has_settings(path, files[path]) for path in settings if path.parent == PurePosixPath())
        # without settings of its own, a project must not get those of a folder above, or the user's
        isolated = () if own_settings else ("--isolated",)
        check = (*CHECK, *isolated, *(() if own_settings else DEFAULT_RULES))
        _ruff(root, [*FORMAT, *isolated])
        findings = json.loads(_ruff(root, [*check, *SORT_IMPORTS]))
        if findings:
            for path in sources:  # as the template's author knows them
                (root / path).write_bytes(files[path].content)
            raise _unclean(findings, json.loads(_ruff(root, check)), root, files)
        return {**files, **{path: replace(files[path], content=(root / path).read_bytes()) for path in sources}}


def reformat(states: Sequence[Files], settings: Files) -> list[Files]:
    """Several states of a project's Python, all laid out alike; what is no Python stays as it is.

    Args:
        states: of each, its Python files; other modules need only be there.
        settings: the project's files with ruff's settings.
    """
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        roots = [Path(folder).resolve() / str(number) for number in range(len(states))]
        for root, files in zip(roots, states, strict=True):
            for path, content in {**settings, **files}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
        around = Path(folder).resolve()
        isolated = () if settings else ("--isolated",)
        with suppress(TemplateError):  # ruff's status where a file is no Python; it has done the others
            _ruff(around, [*FORMAT, *isolated])
        with suppress(TemplateError):
            _ruff(around, ["check", "--quiet", "--select=I", "--fix", "--exit-zero", *isolated])
        return [{path: (root / path).read_bytes() for path in files} for root, files in zip(roots, states, strict=True)]


def ruff_version() -> str:
    """The version of the ruff that formats."""
    return installed_version("ruff")


def _has_settings(path: PurePosixPath, file: ProjectFile) -> bool:
    return path.name != "pyproject.toml" or b"[tool.ruff" in file.content


def _ruff(root: Path, arguments: Sequence[str]) -> str:
    """What ruff prints for the files below `root`, whatever the environment, or a `.gitignore` above it, says."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    command = [ruff.find_ruff_bin(), *arguments, "--no-cache", "--no-respect-gitignore", "."]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode < 0:  # it has said nothing, and may have left files half done
        raise TemplateError(f"Ruff was ended by signal {-done.returncode}.", "Run the command again.")
    if done.returncode > FINDINGS:
        raise TemplateError(f"Ruff refuses the generated project: {done.stderr.strip()}", "Mend the template.")
    return done.stdout


def _unclean(
    findings: Sequence[Finding], before: Sequence[Finding], root: Path, files: Mapping[PurePosixPath, ProjectFile]
) -> TemplateError:
    """The error for the first finding, with its place in the template.

    Args:
        findings: in the formatted files.
        before: in the files as they were.
        root: the folder that ruff saw.
        files: the project's.
    """
    first = findings[0]
    path = PurePosixPath(Path(first["filename"]).relative_to(root).as_posix())
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return TemplateError(
        f"Generated code is not clean: '{path}', line {first['location']['row']}: {first['message']}"
        f" ({first['code']}{more}).",
        _where_to_mend(files[path], [other["location"]["row"] for other in before if _is_same(first, other)]),
    )


def _is_same(one: Finding, other: Finding) -> bool:
    return all(one[key] == other[key] for key in ("filename", "code", "message"))


def _where_to_mend(file: ProjectFile, lines: Sequence[int]) -> str:
    if not file.source:
        return f"The file comes from layer '{file.layer}': mend it there."
    if file.source.endswith(".jinja"):
        return f"It is rendered from '{file.source}': mend it there."
    return f"Mend '{file.source}'" + (f", line {lines[0]}." if lines else ".")
