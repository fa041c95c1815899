"""How a project's files stand to what was made: as made, edited, deleted, renamed, in conflict."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from pathlib import PurePosixPath

from .changes import state_of
from .revision import InProject


class FileState(Enum):
    """How one file stands."""

    AS_MADE = "as made"
    EDITED = "edited"
    DELETED = "deleted"
    RENAMED = "renamed"
    CONFLICT = "in conflict"


def file_states(before: InProject, conflicts: Collection[PurePosixPath] = ()) -> dict[PurePosixPath, FileState]:
    """How each file stands that was made, by its path then, and what is in conflict besides.

    Args:
        before: what the project remembers and holds.
        conflicts: files in which lines of an unfinished change clash.
    """
    found = {path: _state(path, before) for path in before.record.files}
    return {**found, **dict.fromkeys(conflicts, FileState.CONFLICT)}


def _state(path: PurePosixPath, before: InProject) -> FileState:
    theirs = before.theirs.get(path)
    if theirs is None:
        return FileState.RENAMED if path in before.renamed else FileState.DELETED
    return FileState.AS_MADE if state_of(theirs) == state_of(before.record.files[path]) else FileState.EDITED
