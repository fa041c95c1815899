"""The requirements in a `pyproject.toml` are merged by what they ask for, not by the lines on which they stand.

An owner who pins a version, sorts the list or writes it on one line changes the lines that the templates change, too.
So the owner's lists get what came and lose what went, as TOML, and lines are merged of all else. tomlkit keeps the
owner's comments and layout, packaging knows which requirements are the same.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from .merge import CRLF, LF, Merged, merge, three_way

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PROJECT_FILE = PurePosixPath("pyproject.toml")
LISTS = (("project", "dependencies"),)
TABLES = (("project", "optional-dependencies"), ("dependency-groups",))
"""Tables of such lists."""

Place = tuple[str, ...]
"""Where a list, or a table of lists, is."""
Entries = Sequence[Any]
Lists = Mapping[Place, Entries]


@dataclass(frozen=True)
class Kept:
    """A requirement that both sides have changed, and that is as the owner has it.

    Attributes:
        place: of its list, such as `project.dependencies`.
        yours: the owner's; None if they removed it.
        new: as it would be made now; None if it is made no longer.
    """

    place: str
    yours: str | None
    new: str | None


@dataclass(frozen=True)
class MergedProject:
    """A `pyproject.toml` of three.

    Attributes:
        text: the merged lines.
        kept: requirements of the owner's that differ from what is made now.
    """

    text: Merged
    kept: tuple[Kept, ...]


def merge_project(made: bytes, yours: bytes, new: bytes) -> MergedProject | None:
    r"""The file with the changes of both sides.

    Args:
        made: as it was made.
        yours: as its owner has it now.
        new: as it would be made now.

    Returns:
        None if one of them is no TOML, or if the result would be none without a clash.

    Example:
        >>> made, new = (f'[project]\ndependencies = ["{each}"]\n'.encode() for each in ("a", 'a", "b'))
        >>> yours = b'[project]\ndependencies = [\n  "a==1",  # mine\n]\n'
        >>> print(merge_project(made, yours, new).text.content.decode())
        [project]
        dependencies = [
          "a==1",  # mine
          "b",
        ]
        <BLANKLINE>
    """
    texts = [each.decode(errors="replace").replace("\r\n", "\n") for each in (made, yours, new)]
    before, theirs, after = map(_lists, texts)
    if before is None or theirs is None or after is None:
        return None
    parts = [part for part in (*LISTS, *TABLES) if _is_edited(part, texts, before, theirs)]
    places = [place for place in dict.fromkeys([*before, *after]) if _part(place) in parts]
    texts[1], kept = _changed(texts[1], texts[2], {place: (before.get(place), after.get(place)) for place in places})
    text = _merge_rest(texts, parts, [_end(each) for each in (made, yours, new)])
    lists = _lists(texts[1]) or {}
    wanted = {place: each for place, each in lists.items() if _part(place) in parts}
    wanted |= {place: each for place, each in after.items() if _part(place) not in parts}
    is_right = text is not None and (text.num_conflicts or _lists(text.content.decode()) == wanted)
    return MergedProject(text, tuple(kept)) if text is not None and is_right else None


def is_toml(content: bytes) -> bool:
    """Whether that is what can be read as TOML."""
    try:
        tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _end(content: bytes) -> bytes:
    return CRLF if 2 * content.count(CRLF) > content.count(LF) else LF


def _lists(text: str) -> dict[Place, list[Any]] | None:
    """The lists of requirements, by their place; None for what is no project's TOML."""
    found: dict[Place, Any] = {}
    try:
        document = tomllib.loads(text)
        for part in (*LISTS, *TABLES):
            value: Any = document
            for key in part:
                value = value.get(key, {})
            found |= {part: value} if part in LISTS and value != {} else {(*part, name): value[name] for name in value}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return found if all(isinstance(each, list) for each in found.values()) else None


def _part(place: Place) -> Place:
    """What a list belongs to: a table of lists, or it alone."""
    return place if place in LISTS else place[:-1]


def _is_edited(part: Place, texts: Sequence[str], before: Lists, theirs: Lists) -> bool:
    """Whether the owner has other requirements there, or other lines."""
    made, yours = ({place: each for place, each in lists.items() if _part(place) == part} for lists in (before, theirs))
    return made != yours or _block(texts[0], part) != _block(texts[1], part)


def _changed(
    yours: str, new: str, places: Mapping[Place, tuple[Entries | None, Entries | None]]
) -> tuple[str, list[Kept]]:
    """The owner's text with what came and without what went in its lists, and what is not as it would be made."""
    import tomlkit  # it and packaging cost a tenth of a second, which most changes need not spend

    document, source = tomlkit.parse(yours), tomlkit.parse(new)
    kept: list[Kept] = []
    for place, (before, after) in places.items():
        around, name = _table(document, place[:-1]), place[-1]
        if name in around:
            kept += _merge_list(around[name], before or [], after or [], ".".join(place))
            if after is None and before and not around[name]:
                del around[name]
        elif before is None:
            _table(document, place[:-1], make=True)[name] = _table(source, place[:-1])[name]
        else:
            kept += [Kept(".".join(place), None, _shown(each)) for each in after or [] if each not in before]
    return tomlkit.dumps(document), kept


def _table(document: Any, place: Place, *, make: bool = False) -> Any:
    """A table in a document; an empty one if it is not there."""
    import tomlkit

    for key in place:
        if make and key not in document:
            document[key] = tomlkit.table()
        document = document.get(key, {})
    return document


def _merge_list(entries: Any, before: Entries, after: Entries, place: str) -> list[Kept]:
    """Changes the owner's list, entry by entry; says what of it both sides have changed."""
    several = _named_twice(before, entries, after)
    was, now = ({_key(each, several): each for each in entries} for entries in (before, after))
    kept: list[Kept] = []
    for key in dict.fromkeys([*now, *was]):
        theirs = {_key(each, several): each for each in entries}
        made, yours, new = (_meaning(each.get(key)) for each in (was, theirs, now))
        if new in (made, yours):
            continue
        if yours != made or not _set(entries, key, now, [_key(each, several) for each in entries]):
            kept.append(Kept(place, _shown(theirs.get(key)), _shown(now.get(key))))
    return kept


def _set(entries: Any, key: str, now: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Makes an entry what it is now, if that takes no comment of the owner's along."""
    import tomlkit

    if key not in now:
        trial: Any = tomlkit.parse(f"x = {entries.as_string()}\n")["x"]
        del trial[keys.index(key)]
        if trial.as_string().count("#") < entries.as_string().count("#"):
            return False
        del entries[keys.index(key)]
    elif key in keys:
        entries[keys.index(key)] = now[key]
    else:
        names = list(now)
        before = [keys.index(each) for each in names[: names.index(key)] if each in keys]
        entries.insert(before[-1] + 1 if before else len(keys), now[key])
    return True


def _named_twice(*lists: Entries) -> set[str]:
    """Names that one of the lists has several times: for different systems, say."""
    counts = [Counter(_key(each, ()) for each in entries) for entries in lists]
    return {name for names in counts for name, count in names.items() if count > 1}


def _key(entry: Any, several: Collection[str]) -> str:
    """What two states of one requirement have in common: its name, and of several of that name the condition."""
    from packaging.utils import canonicalize_name

    requirement = _parsed(entry)
    if requirement is None:
        return _shown(entry) or ""
    name = canonicalize_name(requirement.name)
    return f"{name}; {requirement.marker}" if name in several else name


def _meaning(entry: Any) -> str | None:
    """What is the same for requirements that ask for the same."""
    from packaging.utils import canonicalize_name

    requirement = _parsed(entry)
    if requirement is None:
        return _shown(entry)
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)


def _parsed(entry: Any) -> Requirement | None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(entry) if isinstance(entry, str) else None
    except InvalidRequirement:
        return None


def _shown(entry: Any) -> str | None:
    return None if entry is None else str(entry) if isinstance(entry, str) else json.dumps(entry, default=str)


def _merge_rest(texts: Sequence[str], parts: Sequence[Place], ends: Sequence[bytes]) -> Merged | None:
    """The lines of all three merged, but for those of some parts, which are as the second text has them."""
    states = [text.split("\n") for text in texts]
    marks = {part: f"\1{number}" for number, part in enumerate(parts)}
    places = [{part: _span(lines, part) for part in parts} for lines in states]
    blocks: dict[str, str] = {}
    for which, (lines, spans) in enumerate(zip(states, places, strict=True)):
        there = [(span, part) for part, span in spans.items() if span is not None]
        for (first, last), part in sorted(there, reverse=True):
            if which == 1:
                blocks[marks[part]] = "\n".join(lines[first:last])
            stays = which == 1 or all(each[part] is not None for each in places)  # else only the owner has it
            lines[first : last if stays else last + (lines[last : last + 1] == [""])] = [marks[part]] if stays else []
    made, yours, new = ("\n".join(lines).encode().replace(LF, end) for lines, end in zip(states, ends, strict=True))
    text, end = merge(made, yours, new), three_way(*ends)
    if text is None:
        return None
    content = text.content
    for mark, block in blocks.items():
        content = content.replace(mark.encode(), block.encode().replace(LF, end))
    return replace(text, content=content)


def _block(text: str, part: Place) -> list[str] | None:
    """The lines of a part, where it has some of its own."""
    lines = text.split("\n")
    span = _span(lines, part)
    return None if span is None else lines[span[0] : span[1]]


def _span(lines: Sequence[str], part: Place) -> tuple[int, int] | None:
    """The lines of a table, or of a list in one: from the first to the one after the last."""
    if part in LISTS:
        table = _span(lines, part[:-1])
        first, end = _find(lines, rf"\s*{part[-1]}\s*=", *table) if table else None, table[1] if table else 0
        ends = range(first + 1, end + 1) if first is not None else range(0)
    else:
        first = _find(lines, rf"\s*\[\s*{re.escape('.'.join(part))}\s*\]\s*(#.*)?$", 0, len(lines))
        ends = [at for at in range((first or 0) + 1, len(lines)) if re.match(r"\s*\[", lines[at])] + [len(lines)]
    if first is None:
        return None
    last = next((at for at in ends if is_toml("\n".join(lines[first:at]).encode())), None)
    while last is not None and not lines[last - 1].strip():
        last -= 1
    return None if last is None else (first, last)


def _find(lines: Sequence[str], pattern: str, first: int, last: int) -> int | None:
    return next((at for at in range(first, last) if re.match(pattern, lines[at])), None)
