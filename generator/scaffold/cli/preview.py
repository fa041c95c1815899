"""`--view FILE` and `--diff`: a project's files before there is a project."""

from __future__ import annotations

from pathlib import Path

from ..build.project import Project
from ..errors import unknown
from ..life.patch import unified
from ..life.record import FOLDER
from ..life.theirs import read_theirs


def viewed(project: Project, path: str) -> str:
    """A file as it would be written.

    Raises:
        UsageError: the project has no such file.
    """
    files = {str(each): file for each, file in project.files.items()}
    if path not in files:
        raise unknown("file", path, files, listing="`--dry-run` shows all of them.")
    return files[path].content.decode(errors="replace")


def difference(project: Project, folder: Path) -> str:
    """What would change in a folder, file by file, as `diff -u` says it; the record of the project is left out."""
    theirs = read_theirs(folder, project.files) if folder.is_dir() else {}
    own = {path: file for path, file in project.files.items() if FOLDER not in path.parents}
    return "".join(unified(path, theirs.get(path), file) for path, file in own.items())
