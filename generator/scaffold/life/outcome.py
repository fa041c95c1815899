"""What a change makes of a project: each file settled, its owner's edits merged with what is new.

Pure: nothing is read or written here, but for the formatter, which is asked where lines clash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import count
from pathlib import PurePosixPath

from ..build.project import ProjectFile
from .changes import Changes, FileChange, Kind, changes, state_of
from .merge import Merged, merge, three_way
from .moves import Aligned
from .record import FOLDER
from .requirements import PROJECT_FILE, Kept, is_toml, merge_project

Files = Mapping[PurePosixPath, ProjectFile]
Formatter = Callable[[PurePosixPath, Sequence[bytes]], Sequence[bytes] | None]
"""Lays out several states of one file alike; None if it cannot."""

BESIDE = ".new"
"""Ending of a new file whose place is taken."""


class Fate(Enum):
    """What becomes of one file, for its owner to read."""

    REPLACED = "replaced"  # the owner left it as it was made
    ADDED = "added"
    DELETED = "deleted"  # it is made no longer, and the owner left it as it was made
    MERGED = "merged"  # both sides have changed it, at different places
    CONFLICT = "conflict"  # at the same place: the lines of both are there, between markers
    BESIDE = "beside"  # the owner's stays, and the new one is beside it
    LEFT = "left"  # it is made no longer, and the owner's edits make it theirs
    MOVED = "moved"  # it goes where the templates have it now, and is as the owner has it
    KEPT = "kept"  # the owner's, and nothing is new about it; or what they deleted


NEEDS_OWNER = (Fate.CONFLICT, Fate.BESIDE)
SILENT = (Fate.KEPT,)


@dataclass(frozen=True)
class FileOutcome:
    """One file after the change.

    Attributes:
        fate: what becomes of it.
        file: what is written; None if nothing is.
        at: where, if not at its own path.
        came_from: where the owner's was, which goes.
        num_conflicts: how often lines of both sides clash.
        kept: requirements that both sides changed, and that are as the owner has them.
    """

    fate: Fate
    file: ProjectFile | None = None
    at: PurePosixPath | None = None
    came_from: PurePosixPath | None = None
    num_conflicts: int = 0
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A project after the change.

    Attributes:
        files: what becomes of each, by its path, but for those that nothing becomes of.
        seen: what the owner has at every path that is touched; if it is not so any more, the change is off.
        record: the files of the record, which go along.
    """

    files: Mapping[PurePosixPath, FileOutcome]
    seen: Files
    record: Files

    def written(self) -> dict[PurePosixPath, ProjectFile]:
        """The files that are written, by where."""
        found = {settled.at or path: settled.file for path, settled in self.files.items() if settled.file is not None}
        return {**found, **self.record}

    def removed(self) -> list[PurePosixPath]:
        """The files that go."""
        gone = [path for path, settled in self.files.items() if settled.fate is Fate.DELETED]
        return gone + [settled.came_from for settled in self.files.values() if settled.came_from is not None]

    def paths(self, *fates: Fate) -> list[PurePosixPath]:
        """The files that this becomes of."""
        return [path for path, settled in self.files.items() if settled.fate in fates]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done, not even to the record."""
        return not (self.written() or self.removed())


def outcome(aligned: Aligned, formatter: Formatter, *, is_taken: Callable[[PurePosixPath], bool]) -> Outcome:
    """What becomes of each file.

    Args:
        aligned: the three states of each.
        formatter: asked where lines of both sides clash, so that layout alone never does.
        is_taken: whether there is something of this name in the project, for what goes beside something.
    """
    found = changes(aligned.pristine, aligned.theirs, aligned.mine)
    files: dict[PurePosixPath, FileOutcome] = {}
    for path, change in found.files.items():
        if FOLDER not in path.parents:
            settled = _settle(path, change, aligned.came_from.get(path), formatter)
            if settled.fate is Fate.BESIDE:
                settled = replace(settled, at=_beside(path, found, is_taken))
            files[path] = settled
    record = {path: file for path, file in found.written().items() if FOLDER in path.parents}
    return Outcome(files, _seen(files, aligned), record)


def _settle(
    path: PurePosixPath, change: FileChange, came_from: PurePosixPath | None, formatter: Formatter
) -> FileOutcome:
    fates = {Kind.REPLACED: Fate.REPLACED, Kind.ADDED: Fate.ADDED, Kind.DELETED: Fate.DELETED}
    if change.kind in fates:
        return FileOutcome(fates[change.kind], change.mine, came_from=came_from)
    if change.kind is Kind.COLLIDES:
        return FileOutcome(Fate.BESIDE, change.mine)
    settled = FileOutcome(Fate.KEPT) if change.kind is not Kind.BOTH_CHANGED else _merged(path, change, formatter)
    if came_from is None:
        return settled
    if state_of(change.theirs) == state_of(change.pristine):
        return FileOutcome(Fate.REPLACED, change.theirs, came_from=came_from)
    if settled.fate in (Fate.KEPT, Fate.BESIDE, Fate.LEFT):  # nothing to merge with, and yet another place
        return FileOutcome(Fate.MOVED, change.theirs, came_from=came_from)
    return replace(settled, came_from=came_from)


def _merged(path: PurePosixPath, change: FileChange, formatter: Formatter) -> FileOutcome:
    """What becomes of a file that both sides changed."""
    made, theirs, mine = change.pristine, change.theirs, change.mine
    assert made is not None  # else it would collide
    assert theirs is not None  # else it would be kept
    if mine is None:
        return FileOutcome(Fate.LEFT)
    if theirs.mode not in (0o644, 0o755) or _is_another(made.content, theirs.content):
        return FileOutcome(Fate.BESIDE, mine)
    merged, kept = _text(path, (made.content, theirs.content, mine.content), formatter)
    if merged is None:
        return FileOutcome(Fate.BESIDE, mine)
    file = replace(mine, content=merged.content, mode=three_way(made.mode, theirs.mode, mine.mode))
    if state_of(file) == state_of(theirs):
        return FileOutcome(Fate.KEPT, kept=kept)
    fate = Fate.CONFLICT if merged.num_conflicts else Fate.MERGED
    return FileOutcome(fate, file, num_conflicts=merged.num_conflicts, kept=kept)


def _text(
    path: PurePosixPath, states: tuple[bytes, bytes, bytes], formatter: Formatter
) -> tuple[Merged | None, tuple[Kept, ...]]:
    """One text of three, and the requirements in it that both sides changed."""
    if path != PROJECT_FILE:
        return _without_layout(path, states, formatter), ()
    project = merge_project(*states)
    if project is not None:
        return project.text, project.kept
    merged = merge(*states)
    was_read = all(map(is_toml, states)) and merged is not None and not merged.num_conflicts
    return (None if was_read and merged and not is_toml(merged.content) else merged), ()  # pip could not read it


def _without_layout(path: PurePosixPath, states: tuple[bytes, bytes, bytes], formatter: Formatter) -> Merged | None:
    """The merge of the three, or of all three in the same layout if fewer lines clash so."""
    merged = merge(*states)
    if merged is None or not merged.num_conflicts:
        return merged
    laid_out = formatter(path, states)
    again = merge(*laid_out) if laid_out else None
    return again if again is not None and again.num_conflicts < merged.num_conflicts else merged


def _is_another(made: bytes, theirs: bytes) -> bool:
    """Whether the owner's file has nothing of what was made: to merge it with that would tell nobody anything."""
    lines = {line.strip() for line in theirs.splitlines()} - {b""}
    made_lines = {line.strip() for line in made.splitlines()} - {b""}
    return bool(lines) and bool(made_lines) and not lines & made_lines


def _beside(path: PurePosixPath, found: Changes, is_taken: Callable[[PurePosixPath], bool]) -> PurePosixPath:
    """A free name beside the owner's; beside the file, or whatever it is, that stands where a folder would be."""
    others = {other for other, change in found.files.items() if change.theirs is not None}
    obstacle = next((parent for parent in reversed(path.parents) if parent in others), path)
    rest = path.relative_to(obstacle)
    for number in count(1):
        root = obstacle.with_name(f"{obstacle.name}{BESIDE}{number if number > 1 else ''}")
        if root not in found.files and not is_taken(root):
            return root / rest
    raise AssertionError("numbers do not end")


def _seen(files: Mapping[PurePosixPath, FileOutcome], aligned: Aligned) -> Files:
    """What the owner has, by where it is on the disk; also what the record has."""
    home = aligned.came_from
    seen = {home.get(path, path): file for path, file in aligned.theirs.items()}
    return {path: file for path, file in seen.items() if {path, *path.parents} & {*files, *home.values(), FOLDER}}
