"""Checks the types of a template's projects, by the checker and the settings that they ship."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..build.format import format_files
from ..errors import ScaffoldError, UsageError
from ..life.sync import write_files
from ..template.catalog import Catalog
from ..template.combinations import Answers, combinations, cover
from ..template.resolve import resolve
from .check import Fault, make_unformatted

CHECKER = "basedpyright"
FEW_PROJECTS = 16
"""Up to so many are all checked."""


def check_types(catalog: Catalog, template: str, python: str) -> Iterator[Fault]:
    """What the checker says of projects in which each choice meets each other one.

    Args:
        catalog: the template's layers.
        template: its id.
        python: an interpreter whose environment has what the projects need, and basedpyright.

    Raises:
        UsageError: the environment lacks the checker.
    """
    with tempfile.TemporaryDirectory(prefix="scaffold-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve()
        rows: list[Answers] = []
        for answers in _rows(catalog, template):
            try:
                files = format_files(make_unformatted(resolve(catalog, template, answers)).files)
            except ScaffoldError:  # told where all combinations are rendered
                continue
            write_files(files, root / f"p{len(rows)}")
            rows.append(answers)
        for one in _diagnostics(root, len(rows), python):
            place = Path(one["file"]).relative_to(root)
            answers = rows[int(place.parts[0][1:])]
            line = one["range"]["start"]["line"] + 1
            yield Fault("types", f"'{Path(*place.parts[1:])}', line {line}: {one['message'].splitlines()[0]}", answers)


def _rows(catalog: Catalog, template: str) -> list[Answers]:
    every = combinations(catalog, template)
    return every if len(every) <= FEW_PROJECTS else cover(catalog, template)


def _diagnostics(root: Path, count: int, python: str) -> Sequence[dict[str, Any]]:
    """One run over all projects; each finds its own package, and the runtime is read where it is imported."""
    settings = {
        "typeCheckingMode": "standard",
        "include": [f"p{number}" for number in range(count)],
        "exclude": ["**/runtime"],
        "executionEnvironments": [
            {"root": f"p{number}", "extraPaths": [f"p{number}/src"]} for number in range(count)
        ],
    }  # fmt: skip
    (root / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    environment = {**os.environ, "PATH": f"{Path(python).absolute().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [python, "-m", CHECKER, "--outputjson", "--pythonpath", python, "--project", str(root)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"
        raise UsageError(
            f"The types cannot be checked by '{python}': {reason}.",
            f"Name an interpreter that has {CHECKER} and what the projects need: `--types PYTHON`.",
        ) from None
    return [one for one in said["generalDiagnostics"] if one["severity"] == "error"]
