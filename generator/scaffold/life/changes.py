"""What has to happen to a project so that it is made anew and keeps every edit of its owner.

Three states of each file are compared: as it was made (pristine), as it is now (theirs), and as it would be made
now (mine). Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from ..build.project import ProjectFile
from .record import FOLDER

Files = Mapping[PurePosixPath, ProjectFile]


class Kind(Enum):
    """What becomes of one file."""

    UNCHANGED = "unchanged"  # it is as it would be made now, or is gone from both
    REPLACED = "replaced"  # the owner left it as it was made: the new one takes its place
    KEPT = "kept"  # the owner changed or removed it, and what is made now is what was made then
    BOTH_CHANGED = "both changed"  # to be merged
    ADDED = "added"  # it was not made then, and nothing is there
    DELETED = "deleted"  # it is made no longer, and the owner left it as it was made
    COLLIDES = "collides"  # something of the owner is where a new file would go


@dataclass(frozen=True)
class FileChange:
    """One file in its three states; None where there is none, and what becomes of it."""

    kind: Kind
    pristine: ProjectFile | None
    theirs: ProjectFile | None
    mine: ProjectFile | None


@dataclass(frozen=True)
class Changes:
    """What becomes of each file, by its path, sorted."""

    files: Mapping[PurePosixPath, FileChange]

    def written(self) -> dict[PurePosixPath, ProjectFile]:
        """The files that are replaced or added, with their new content."""
        kinds = (Kind.REPLACED, Kind.ADDED)
        return {path: change.mine for path, change in self.files.items() if change.kind in kinds and change.mine}


def changes(pristine: Files, theirs: Files, mine: Files) -> Changes:
    """What has to happen to each file.

    Args:
        pristine: the files as they were made.
        theirs: what is in the project where one of the others has a file, or around it: a file, or something else
            (see `read_theirs`).
        mine: the files as they would be made now.
    """
    paths = sorted({*pristine, *theirs, *mine})
    kinds = {path: _kind(path, pristine.get(path), theirs.get(path), mine.get(path)) for path in paths}
    staying = [path for path in theirs if kinds[path] is not Kind.DELETED]
    for path, kind in kinds.items():
        if kind is Kind.ADDED and _is_taken(path, staying):
            kinds[path] = Kind.COLLIDES
    return Changes(
        {path: FileChange(kinds[path], pristine.get(path), theirs.get(path), mine.get(path)) for path in paths}
    )


def _kind(
    path: PurePosixPath, pristine: ProjectFile | None, theirs: ProjectFile | None, mine: ProjectFile | None
) -> Kind:
    then, now, new = state_of(pristine), state_of(theirs), state_of(mine)
    if now == new:
        return Kind.UNCHANGED
    if FOLDER in path.parents and theirs and mine:  # the record is the generator's own
        return Kind.REPLACED
    if pristine is None:
        return Kind.KEPT if mine is None else Kind.ADDED if theirs is None else Kind.COLLIDES
    if theirs is None or new == then:  # what the owner removed stays so
        return Kind.KEPT
    if now == then:
        return Kind.DELETED if mine is None else Kind.REPLACED
    return Kind.BOTH_CHANGED


def state_of(file: ProjectFile | None) -> tuple[bytes, int] | None:
    """What makes two states of a file the same: who wrote it does not."""
    return None if file is None else (file.content, file.mode)


def _is_taken(path: PurePosixPath, staying: Collection[PurePosixPath]) -> bool:
    """Whether a file of the owner is where a folder would be needed, or their folder where the file goes."""
    return any(other in path.parents or path in other.parents for other in staying)
