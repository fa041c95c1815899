"""A project in memory, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import TemplateError
from .names import ProjectName

RUNTIME_LAYER = "runtime"
"""Whose files those are that are copied of the runtime."""


@dataclass(frozen=True)
class ProjectFile:
    """A file of a project, and where it comes from.

    Attributes:
        content: its bytes.
        mode: its permissions.
        layer: the layer it came from; `runtime` for the copied modules, empty for what is the project owner's.
        source: the layer's own file, such as `base/files/README.md.jinja`; empty if there is none.
    """

    content: bytes
    mode: int
    layer: str
    source: str = ""


@dataclass(frozen=True)
class Origin:
    """How a project came to be.

    Attributes:
        name: in both spellings.
        template: what it was made of.
        answers: every option that was decided, by name.
        added: modules of the runtime that its owner asked for, beside what its files use.
        renamed: files that its owner calls otherwise, by the name that they were made with.
        deleted: files that its owner had deleted when the project was last changed.
        source: where its template is, if it did not come with this tool, as `--template` takes it.
        made_by: folders of the templates; none if more than these and the tool itself decide what is made.
    """

    name: ProjectName
    template: str
    answers: Mapping[str, Any]
    added: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    deleted: tuple[str, ...] = ()
    source: str | None = None
    made_by: tuple[Path, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Project:
    """A whole project.

    Attributes:
        origin: how it came to be.
        files: by path, sorted.
    """

    origin: Origin
    files: Mapping[PurePosixPath, ProjectFile]

    @property
    def name(self) -> ProjectName:
        """The project's name, in both spellings."""
        return self.origin.name

    @property
    def template(self) -> str:
        """What it was made of."""
        return self.origin.template

    @property
    def answers(self) -> Mapping[str, Any]:
        """Every option that was decided, by name."""
        return self.origin.answers


def refuse_outside(files: Mapping[PurePosixPath, ProjectFile]) -> None:
    """Refuses paths that lead out of the folder they are joined to; whoever writes files asks first.

    Raises:
        TemplateError: a path is absolute, goes up, or is the folder itself.

    Example:
        >>> refuse_outside({PurePosixPath("../.bashrc"): ProjectFile(b"", 0o644, "tiny")})
        Traceback (most recent call last):
        scaffold.errors.TemplateError: Layer 'tiny' writes '../.bashrc', which is not inside of the project.
    """
    for path, file in files.items():
        if path.is_absolute() or not path.parts or any(part == ".." or "\\" in part for part in path.parts):
            raise TemplateError(
                f"Layer '{file.layer}' writes '{path}', which is not inside of the project.",
                "A path goes down from the project's folder; it has no `..` and no backslash.",
            )
