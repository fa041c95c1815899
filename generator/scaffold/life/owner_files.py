"""What a project's folder holds beside what was made: files of its owner, and what they use of the runtime."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from ..build.imports import ImportStatement
from ..build.project import ProjectFile
from ..build.runtime_source import RUNTIME, RuntimeSource
from ..build.vendor import FOLDER as RUNTIME_FOLDER
from ..build.vendor import runtime_imports
from ..errors import TemplateError

Files = Mapping[PurePosixPath, ProjectFile]

NOT_LOOKED_INTO = frozenset({"outputs", "data", "build", "dist"})
"""Folders at the top with what programs read and write; hidden ones are not looked into anywhere."""
LARGEST_FOLDER = 2000
"""Entries of a folder that holds sources; a data set has more."""
LARGEST_SOURCE = 1_000_000
"""Bytes of a file that somebody writes by hand."""


def own_paths(folder: Path, made: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """The plain files in a project that were not made with it, but for data, environments and what runs leave."""
    known = set(made)
    return sorted(path for path in _walk(folder) if path not in known)


def _walk(folder: Path) -> Iterator[PurePosixPath]:
    for around, folders, names in os.walk(folder):
        place = Path(around)
        if len(names) > LARGEST_FOLDER or "pyvenv.cfg" in names:
            folders.clear()
            continue
        skipped = NOT_LOOKED_INTO if place == folder else {"__pycache__"}
        folders[:] = [name for name in folders if not name.startswith(".") and name not in skipped]
        for name in names:
            path = place / name
            if not path.is_symlink() and path.is_file() and path.stat().st_size <= LARGEST_SOURCE:
                yield PurePosixPath(path.relative_to(folder).as_posix())


def used_of_runtime(sources: Files, package: str, runtime: RuntimeSource) -> dict[str, str]:
    """Modules of the runtime that the owner's sources import, each with who does; a change does not take them away.

    What is no Python, and what the runtime does not have any more, is passed over.

    Args:
        sources: Python that is not as it was made.
        package: the project's.
        runtime: where the modules are.
    """
    found: dict[str, str] = {}
    for path, statement in _imports(sources, package, runtime):
        with suppress(TemplateError):
            found |= {module.removeprefix(f"{RUNTIME}."): f"'{path}'" for module in runtime.modules_of([statement])}
    return found


def lost_imports(sources: Files, package: str, runtime: RuntimeSource) -> dict[PurePosixPath, list[str]]:
    """What the owner's sources import of the runtime, and that it does not have, in words; see `used_of_runtime`."""
    found: dict[PurePosixPath, list[str]] = {}
    for path, statement in _imports(sources, package, runtime):
        try:
            runtime.modules_of([statement])
        except TemplateError as error:
            found.setdefault(path, []).append(error.message.replace(RUNTIME, f"{package}.{RUNTIME_FOLDER}"))
    return found


def _imports(sources: Files, package: str, runtime: RuntimeSource) -> Iterator[tuple[PurePosixPath, ImportStatement]]:
    for path, file in sources.items():
        try:
            tree = ast.parse(file.content)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for statement in runtime_imports(tree, path, package, runtime):
            yield path, statement


def is_in_runtime(path: PurePosixPath, package: str) -> bool:
    """Whether a path is one of the runtime that was copied."""
    return PurePosixPath("src") / package / RUNTIME_FOLDER in path.parents
