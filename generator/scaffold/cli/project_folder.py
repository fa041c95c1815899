"""Which project a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The project's folder; the one around here if not given."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]


def find_project(folder: Path | None) -> Path:
    """The folder of the project that is meant: the one given, or the nearest around the current one."""
    if folder is not None:
        return folder
    here = Path.cwd()
    around = (each for each in (here, *here.parents) if (each / ".scaffold/project.toml").is_file())
    found = next(around, here)
    return Path() if found == here else found
