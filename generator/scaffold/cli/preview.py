"""`--view FILE` and `--diff`: a project's files before there is a project."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..build.project import Project
from ..errors import unknown
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


def difference(project: Project, folder: Path) -> Iterator[str]:
    """What would change in a folder, file by file, as `diff -u` says it; the record of the project is left out."""
    theirs = read_theirs(folder, project.files) if folder.is_dir() else {}
    for path, file in project.files.items():
        before = theirs[path].content if path in theirs else b""
        if path.parts[0] != ".scaffold" and (path not in theirs or before != file.content):
            yield from _one(path, before, file.content, is_new=path not in theirs)


def _one(path: PurePosixPath, before: bytes, after: bytes, *, is_new: bool) -> Iterator[str]:
    if b"\0" in before + after:
        yield f"Binary files differ: {path}"
        return
    old, new = (content.decode(errors="replace").splitlines() for content in (before, after))
    yield from difflib.unified_diff(old, new, "/dev/null" if is_new else f"a/{path}", f"b/{path}", lineterm="")
