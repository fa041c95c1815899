"""A project in memory, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .names import ProjectName


@dataclass(frozen=True)
class ProjectFile:
    """A file's bytes and mode, and the layer it came from (`runtime` for the copied modules)."""

    content: bytes
    mode: int
    layer: str


@dataclass(frozen=True)
class Project:
    """A rendered project.

    Attributes:
        name: in both spellings.
        template: what it was made of.
        answers: every option that was decided, by name.
        files: by path, sorted.
    """

    name: ProjectName
    template: str
    answers: Mapping[str, Any]
    files: Mapping[PurePosixPath, ProjectFile]
