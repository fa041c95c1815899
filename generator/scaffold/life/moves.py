"""Files that are somewhere else now: a layer says so of what it makes, and an owner renames what is theirs.

Three states of a file are compared under one name: where its owner has it, if they renamed it, else where the templates
have it today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..build.project import ProjectFile

Files = Mapping[PurePosixPath, ProjectFile]
Moves = Mapping[PurePosixPath, PurePosixPath]

LEAST_ALIKE = 0.5
"""Share of lines that a renamed file has in common with what was made."""
FEWEST_LINES = 3
"""A file of fewer lines is like too many others."""


@dataclass(frozen=True)
class Aligned:
    """Three states of each file, by the name under which they are compared.

    Attributes:
        pristine: as it was made.
        theirs: as it is now.
        mine: as it would be made now.
        came_from: where the owner's file is now, if it goes elsewhere.
    """

    pristine: Files
    theirs: Files
    mine: Files
    came_from: Moves


def align(pristine: Files, theirs: Files, mine: Files, *, moved: Moves, renamed: Moves) -> Aligned:
    """The three states of each file under one name.

    Args:
        pristine: the files as they were made.
        theirs: what is in the project at the paths of all three.
        mine: the files as they would be made now; those that the owner calls otherwise, under that name.
        moved: where the templates have what they once had elsewhere.
        renamed: where the owner has what was made elsewhere.
    """
    made, now = dict(pristine), dict(theirs)
    came_from: dict[PurePosixPath, PurePosixPath] = {}
    for path in pristine:
        if path in renamed:
            file = made.pop(path)
            if renamed[path] in mine:  # else the templates have it no more, and it is the owner's alone
                made[renamed[path]] = file
            continue
        target = _target(path, moved, pristine, mine, theirs)
        if target != path:
            made[target] = made.pop(path)
            if path in now:
                now[target] = now.pop(path)
                came_from[target] = path
    return Aligned(made, now, mine, came_from)


def _target(path: PurePosixPath, moved: Moves, pristine: Files, mine: Files, theirs: Files) -> PurePosixPath:
    """Where a file that was made is made today, through all moves since; it stays if something else is there."""
    targets = [each for each in moves_of(path, moved) if each in mine]
    target = path if path in mine or not targets else targets[0]
    is_free = target not in pristine and target not in theirs
    return target if target in mine and is_free else path


def moves_of(path: PurePosixPath, moved: Moves) -> list[PurePosixPath]:
    """The places where the templates have had a file, one after the other, since it was made."""
    found: list[PurePosixPath] = []
    while path in moved and moved[path] not in found:
        path = moved[path]
        found.append(path)
    return found


def composed(known: Moves, renamed: Moves, moved: Moves) -> dict[PurePosixPath, PurePosixPath]:
    """What the owner's names are for files as the templates make them, now and wherever they had them before.

    Args:
        known: from before, by the name of the templates.
        renamed: what was renamed since, by the name that it had last.
        moved: where the templates have what they once had elsewhere.
    """
    found = {made: renamed.get(now, now) for made, now in known.items()}
    found |= {made: now for made, now in renamed.items() if made not in known.values()}
    found |= {later: now for made, now in list(found.items()) for later in moves_of(made, moved)}
    return {made: now for made, now in found.items() if made != now}


def find_renamed(missing: Files, own: Files) -> dict[PurePosixPath, PurePosixPath]:
    """Which of the owner's files are what was made under another name.

    Args:
        missing: files that were made and are not where they were.
        own: the owner's files.
    """
    found: dict[PurePosixPath, PurePosixPath] = {}
    made, now = ({path: _lines(file) for path, file in files.items()} for files in (missing, own))
    pairs = [
        (_likeness(made[path], now[other]), path, other)
        for path in made
        for other in now
        if path.suffix == other.suffix
    ]
    for likeness, path, other in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if likeness >= LEAST_ALIKE and path not in found and other not in found.values():
            found[path] = other
    return found


def _lines(file: ProjectFile) -> Counter[bytes]:
    return Counter(line for each in file.content.splitlines() if (line := each.strip()))


def _likeness(one: Counter[bytes], other: Counter[bytes]) -> float:
    """How many of their lines two files share, from 0 to 1."""
    if one.total() < FEWEST_LINES:
        return 0.0
    return 2 * (one & other).total() / (one.total() + other.total())
