"""What a program left in a folder, as the files of a project."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ..build.project import ProjectFile
from ..errors import TemplateError
from .suspicion import Budget, check_names, check_tree, walk

NOT_OURS = frozenset({".git", ".venv", ".scaffold", "__pycache__", "node_modules", ".ruff_cache", ".pytest_cache"})
"""What hooks make by other tools: none of it is the template's."""


def collect(folder: Path, name: str) -> dict[PurePosixPath, ProjectFile]:
    """The files below a folder; a link within it becomes the file that it leads to.

    Args:
        folder: where they are.
        name: of the template, for errors.

    Raises:
        TemplateError: there is something that no project may have.
    """
    check_tree(folder, name)
    budget, files = Budget(name), dict[PurePosixPath, ProjectFile]()
    for path in walk(folder):
        place = PurePosixPath(path.relative_to(folder).as_posix())
        if NOT_OURS.intersection(place.parts):
            continue
        if path.is_symlink() and not path.is_file():
            raise TemplateError(f"'{name}' makes a link of '{place}' to no file.", "Tell its author.")
        if path.is_file():
            status = path.stat()
            budget.spend(status.st_size)
            files[place] = ProjectFile(path.read_bytes(), 0o755 if status.st_mode & 0o100 else 0o644, "")
    check_names(files, name)
    if not files:
        raise TemplateError(f"'{name}' makes no file.", "Answer otherwise, or tell its author.")
    return files
