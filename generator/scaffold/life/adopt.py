"""Takes in a project whose record was lost: finds the template and the answers that its files are most like.

The templates' files are compared with those on the disk, line by line: first of each template by its defaults, then of
each value of each option, in turn, as long as the likeness grows. What was made is taken to be what would be made now,
so every difference is an edit of the owner's.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..build.names import project_name
from ..build.project import Project, ProjectFile
from ..build.render import render
from ..build.runtime_source import RUNTIME, own_runtime
from ..build.vendor import FOLDER as RUNTIME_FOLDER
from ..errors import UsageError
from ..template.catalog import Catalog
from ..template.options import Option
from ..template.resolution import Resolution
from ..template.resolve import resolve
from .apply import NO_FILE, change
from .finish import make_project
from .owner_files import used_of_runtime
from .record import FOLDER, RECORD_FILES, Record
from .revision import look_at
from .theirs import read_theirs

Lines = Counter[bytes]
Files = Mapping[PurePosixPath, ProjectFile]

LEAST_ALIKE = 0.3
"""Share of the lines of a template that a folder has to have in common with it."""


@dataclass(frozen=True)
class Adoption:
    """A project that was recognised.

    Attributes:
        project: as it would be made now.
        likeness: how much of that is in the folder, from 0 to 1.
    """

    project: Project
    likeness: float


def recognise(
    folder: Path, catalog: Catalog, *, template: str | None = None, answers: Mapping[str, Any] | None = None
) -> Adoption:
    """The template and the answers that a folder's files are most like.

    Args:
        folder: the project's.
        catalog: the layers that there are.
        template: its template, if it is known.
        answers: those that are known.

    Raises:
        UsageError: it has no package, or is like no template.
    """
    search = _Search(folder, _name(folder), answers or {})
    names = [template] if template else [layer.id for layer in catalog.templates()]
    found: list[tuple[_Likeness, Resolution]] = []
    for each in names:
        try:
            resolution = resolve(catalog, catalog.template(each).id, search.known)
        except UsageError:
            if template:
                raise
            continue
        found.append((search.likeness(resolution), resolution))
    best, resolution = max(found, key=lambda pair: pair[0].share, default=(_Likeness(0, 0), None))
    if resolution is None or (template is None and best.share < LEAST_ALIKE):
        raise UsageError(
            f"'{folder}' is like no project of a template.", "Name its `--template`, and what was `--set`."
        )
    resolution, best = search.climb(resolution, best)
    return Adoption(_with_used(resolution, search.name, folder), best.share)


def adopt(adoption: Adoption, folder: Path) -> None:
    """Writes the record of a project that was recognised, and touches nothing else.

    Raises:
        WriteError: the disk refused.
    """
    files = adoption.project.files
    change(folder, {path: files[path] for path in RECORD_FILES}, [])


@dataclass(frozen=True)
class _Likeness:
    """How many of the lines that would be made are there."""

    common: int
    made: int

    @property
    def share(self) -> float:
        return self.common / self.made if self.made else 0.0

    @property
    def gain(self) -> int:
        """Lines that are there less those that are missing: a file that is half there is no gain."""
        return 2 * self.common - self.made


class _Search:
    """Compares what answers would make with one folder."""

    def __init__(self, folder: Path, name: str, known: Mapping[str, Any]) -> None:
        self.name = name
        self.known = known
        self._folder = folder
        self._on_disk: dict[PurePosixPath, Lines] = {}

    def likeness(self, resolution: Resolution) -> _Likeness:
        """How like the folder is to the files of the layers."""
        files = render(resolution, project_name(self.name))
        missing = [path for path in files if path not in self._on_disk]
        there = read_theirs(self._folder, missing)
        self._on_disk |= {path: _lines(there[path].content) if path in there else Counter() for path in missing}
        made = {path: _lines(file.content) for path, file in files.items()}
        common = sum((lines & self._on_disk[path]).total() for path, lines in made.items())
        return _Likeness(common, sum(lines.total() for lines in made.values()))

    def climb(self, resolution: Resolution, best: _Likeness) -> tuple[Resolution, _Likeness]:
        """The resolution with each option, in turn, at the value that fits best."""
        index = 0
        while index < len(resolution.options):  # an answer may bring options
            option = resolution.options[index]
            index += 1
            for value in [] if option.name in self.known else _values(option):
                said = {**resolution.answers, option.name: _switched(option, resolution.values[option.name], value)}
                try:
                    other = resolve(resolution.catalog, resolution.template, said, strict=False)
                    likeness = self.likeness(other)
                except UsageError:
                    continue
                if likeness.gain > best.gain:
                    resolution, best = other, likeness
        return resolution, best


def _values(option: Option) -> list[Any]:
    """What an option can be, as far as it has choices."""
    return [False, True] if option.kind == "bool" else [choice.name for choice in option.choices]


def _switched(option: Option, current: Any, value: Any) -> Any:
    """The option's value, or with several choices the current ones with this one taken or left."""
    if option.kind != "multi-choice":
        return value
    chosen: list[str] = list(current)
    return [each for each in chosen if each != value] if value in chosen else [*chosen, value]


def _lines(content: bytes) -> Lines:
    """Lines as they are before and after imports are rewritten and ruff has set blanks and commas."""
    text = content.replace(RUNTIME.encode(), f".{RUNTIME_FOLDER}".encode())
    return Counter(line for each in text.splitlines() if (line := each.strip().rstrip(b",")))


def _name(folder: Path) -> str:
    """The project's name: that of its package, which is where its files are."""
    source = folder / "src"
    packages = sorted(path.parent.name for path in source.glob("*/__init__.py")) if source.is_dir() else []
    if not packages:
        raise UsageError(
            f"'{folder}' has no package in `src/`.", "Go to the folder of a project that `scaffold new` made."
        )
    written = _written_name(folder)
    return written if written and project_name(written).package in packages else packages[0].replace("_", "-")


def _written_name(folder: Path) -> str | None:
    try:
        table: Any = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        return project_name(str(table["project"]["name"])).project
    except (OSError, ValueError, KeyError, TypeError, UsageError, RecursionError):
        return None


def _with_used(resolution: Resolution, name: str, folder: Path) -> Project:
    """The project with what its owner's files use of the runtime."""
    project = make_project(resolution, name)
    made = {path: file for path, file in project.files.items() if FOLDER not in path.parents}
    before = look_at(folder, Record(project.origin, "", "", _plain(made)))
    used = used_of_runtime(before.edited_sources(), before.package, own_runtime())
    gone = [str(path) for path in made if path not in before.theirs]
    renamed = {str(path): str(now) for path, now in before.renamed.items()}
    return make_project(
        resolution, name, used=used, renamed=renamed, deleted=[each for each in gone if each not in renamed]
    )


def _plain(files: Files) -> Files:
    """The files as a record has them: without their layers."""
    return {path: ProjectFile(file.content, file.mode, NO_FILE.layer) for path, file in files.items()}
