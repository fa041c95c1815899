"""Three states of a text become one: what the owner changed and what the templates changed since it was made.

diff3, line by line, over `difflib`. The library for it, merge3, is under the GPL, and git need not be there; neither
knows of line endings. Ends of lines and of the file are merged on their own: an owner whose editor writes CRLF, or
leaves the last newline out, has not changed every line.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

YOURS, MADE, SPLIT, NEW = b"<<<<<<< yours", b"||||||| as it was made", b"=======", b">>>>>>> as it is made now"
"""The lines around the three versions of a clash."""
LF, CRLF = b"\n", b"\r\n"

ValueT = TypeVar("ValueT", bound=Hashable)
Lines = Sequence[bytes]
Anchor = tuple[int, int, int]
"""A line that all three have: where it is in each."""


@dataclass(frozen=True)
class Merged:
    """One text of three.

    Attributes:
        content: with markers around what clashes.
        num_conflicts: how often it does.
    """

    content: bytes
    num_conflicts: int


def merge(made: bytes, yours: bytes, new: bytes) -> Merged | None:
    r"""The text with the changes of both sides.

    Args:
        made: the text as it was made.
        yours: as its owner has it now.
        new: as it would be made now.

    Returns:
        Every line of the owner's is in it. None if they clash and are no texts.

    Example:
        >>> merge(b"a\nb\nc\n", b"a\nb\nmine\n", b"new\nb\nc\n")
        Merged(content=b'new\nb\nmine\n', num_conflicts=0)
    """
    if yours in (made, new) or new == made:
        return Merged(three_way(made, yours, new), 0)
    if any(b"\0" in each for each in (made, yours, new)):
        return None
    texts = [_Text(each) for each in (made, yours, new)]
    lines: list[bytes] = []
    num_conflicts = 0
    for gap in _gaps(*(text.lines for text in texts)):
        chosen, clashes = _settled(*gap)
        lines += chosen
        num_conflicts += clashes
    return Merged(_joined(lines, texts), num_conflicts)


def is_conflicted(content: bytes) -> bool:
    """Whether a text has a clash in it that nobody has settled."""
    return any(line.rstrip(b"\r") == YOURS for line in content.split(LF))


def three_way(made: ValueT, yours: ValueT, new: ValueT) -> ValueT:
    """What only one side changed is as that side has it; where both did, the owner decides."""
    return new if yours == made else yours


class _Text:
    """Lines without their ends, and how they end."""

    def __init__(self, content: bytes) -> None:
        self.is_closed = not content or content.endswith(LF)
        parts = content.split(LF)
        if self.is_closed:
            parts.pop()
        num_lf, num_crlf = content.count(LF), content.count(CRLF)
        self.end = CRLF if 2 * num_crlf > num_lf else LF
        self.lines = [part.removesuffix(b"\r") if self.end == CRLF else part for part in parts]


def _joined(lines: Lines, texts: Sequence[_Text]) -> bytes:
    end = three_way(*(text.end for text in texts))
    is_closed = three_way(*(text.is_closed for text in texts)) or bool(lines and lines[-1] == NEW)
    return end.join(lines) + (end if lines and is_closed else b"")


Gap = tuple[Lines, Lines, Lines]


def _gaps(made: Lines, yours: Lines, new: Lines) -> Iterator[Gap]:
    """The three texts in pieces, in turn: what lies between lines that all have, and each such line."""
    before = (-1, -1, -1)
    for anchor in [*_anchors(made, yours, new), (len(made), len(yours), len(new))]:
        (first, second, third), (i, j, k) = before, anchor
        if (first + 1, second + 1, third + 1) != anchor:
            yield made[first + 1 : i], yours[second + 1 : j], new[third + 1 : k]
        yield made[i : i + 1], yours[j : j + 1], new[k : k + 1]
        before = anchor


def _anchors(made: Lines, yours: Lines, new: Lines) -> list[Anchor]:
    in_yours, in_new = _counterparts(made, yours), _counterparts(made, new)
    return [(at, in_yours[at], in_new[at]) for at in sorted(in_yours.keys() & in_new.keys())]


def _counterparts(made: Lines, other: Lines) -> dict[int, int]:
    """Which line of the other text each line is, as far as it is in both; the ends, which mostly agree, go fast."""
    first = 0
    while first < min(len(made), len(other)) and made[first] == other[first]:
        first += 1
    last = 0
    while last < min(len(made), len(other)) - first and made[-1 - last] == other[-1 - last]:
        last += 1
    found = {at: at for at in range(first)}
    found |= {len(made) - at: len(other) - at for at in range(1, last + 1)}
    middle = SequenceMatcher(None, made[first : len(made) - last], other[first : len(other) - last], autojunk=False)
    for i, j, size in middle.get_matching_blocks():
        found |= {first + i + step: first + j + step for step in range(size)}
    return found


def _settled(made: Lines, yours: Lines, new: Lines) -> tuple[Lines, int]:
    """A piece as it will be, and whether it clashes."""
    if yours in (made, new):
        return new, 0
    if new == made:
        return yours, 0
    head, tail = _common_ends(yours, new)
    inner_yours, inner_new = yours[head : len(yours) - tail], new[head : len(new) - tail]
    clash = [YOURS, *inner_yours, MADE, *made, SPLIT, *inner_new, NEW]
    return [*yours[:head], *clash, *yours[len(yours) - tail :]], 1


def _common_ends(one: Lines, other: Lines) -> tuple[int, int]:
    """How many lines two texts begin and end with alike."""
    shorter = min(len(one), len(other))
    head = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    tail = next((at for at in range(shorter - head) if one[-1 - at] != other[-1 - at]), shorter - head)
    return head, tail
