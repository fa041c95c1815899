"""What was found at a path, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UsageError

Tick = Callable[[str], None]
"""Hears what is being looked at, for people who wait."""

NUM_NAMED = 8
"""Of the classes that are named with their counts."""
NUM_EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """Data that a template can train on.

    Attributes:
        template: the one that fits.
        answers: to its options; of those it does not have nothing is said.
        seen: what there is and what follows from it, a sentence each.
        problems: what had better be mended before training, a sentence each.
        classes: how many samples each class has, where there are classes.
    """

    template: str
    answers: Mapping[str, Any]
    seen: Sequence[str] = ()
    problems: Sequence[str] = ()
    classes: Mapping[str, int] = field(default_factory=dict[str, int])


class Unclear(UsageError):  # it is a question as much as an error
    """What the data alone do not say; on a terminal it is asked for.

    Attributes:
        option: the one that answers it.
        rows: the possible answers and what is known of each.
    """

    def __init__(self, message: str, hint: str, *, option: str, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__(message, hint)
        self.option = option
        self.rows = rows


def many(number: int, one: str, several: str | None = None) -> str:
    """A number and its noun, as people write them.

    Example:
        >>> many(1, "image"), many(1240, "image"), many(2, "class", "classes")
        ('1 image', '1,240 images', '2 classes')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def examples(names: Sequence[str]) -> str:
    """The first of some names, and how many there are besides.

    Example:
        >>> examples(["a.png", "b.png"]), examples(["1", "2", "3", "4", "5"])
        ("'a.png', 'b.png'", "'1', '2', '3' and 2 more")
    """
    more = len(names) - NUM_EXAMPLES
    return ", ".join(f"'{name}'" for name in names[:NUM_EXAMPLES]) + (f" and {more:,} more" if more > 0 else "")


def class_counts(counts: Mapping[str, int]) -> str:
    """Each class with its number of samples; of many classes some, and the smallest and the largest.

    Example:
        >>> class_counts({"cat": 812, "dog": 402})
        'cat (812), dog (402)'
    """
    if len(counts) <= NUM_NAMED:
        return ", ".join(f"{name} ({count:,})" for name, count in counts.items())
    few, much = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
    first, more = ", ".join(list(counts)[:NUM_EXAMPLES]), len(counts) - NUM_EXAMPLES
    if counts[few] == counts[much]:
        return f"{first} and {more:,} more, each with {counts[few]:,}"
    return f"{first} and {more:,} more, from {few} with {counts[few]:,} to {much} with {counts[much]:,}"


def thin_classes(counts: Mapping[str, int], noun: str, *, least: int = 2) -> list[str]:
    """Problems with classes of too few samples to learn and to measure them.

    Args:
        counts: samples of each class.
        noun: what a sample is called.
        least: how many samples are needed.
    """
    empty = [name for name, count in counts.items() if count == 0]
    thin = [name for name, count in counts.items() if 0 < count < least]
    number = f"only one {noun}" if least == 2 else f"fewer than {least} {noun}s"
    found = given(empty, f"{_classes(empty)} no {noun}.")
    return [*found, *given(thin, f"{_classes(thin)} {number}: too few to train and to test.")]


def unevenness(counts: Mapping[str, int]) -> float:
    """How many times the samples of the smallest class the largest one has."""
    present = [count for count in counts.values() if count]
    return max(present) / min(present) if present else 1.0


def split_sentence(number: str, counts: Mapping[str, int]) -> str:
    """How the samples are split: as they lie, or by the project if all are in ""."""
    if "" in counts:
        return f"{number}, not split: the project draws a tenth for val and a tenth for test."
    return f"{number}, split as they lie: {', '.join(f'{part} {count:,}' for part, count in counts.items())}."


def leaks(groups: Sequence[Sequence[str]], split_of: Mapping[str, str]) -> list[str]:
    """Problems if equal images are in more than one split, or may be drawn into more than one.

    Args:
        groups: images of the same content.
        split_of: the split of each; "" where the project draws them.
    """
    leaking = [group for group in groups if len({split_of[name] for name in group}) > 1]
    drawn = [group for group in groups if not split_of[group[0]]]
    copies = [name for group in drawn for name in group[1:]]
    number = f"{many(len(leaking), 'image')} {be(leaking)}"
    copied = f"{many(len(copies), 'image')} {'is a copy' if len(copies) == 1 else 'are copies'} of others"
    return [
        *given(leaking, f"{number} in two splits, such as {pair(leaking)}: what is measured was trained on."),
        *given(copies, f"{copied}, such as {pair(drawn)}: a drawn split may have both sides of them."),
    ]


def given(condition: object, sentence: str) -> list[str]:
    """The sentence, if it is true."""
    return [sentence] if condition else []


def be(things: Sized) -> str:
    """`is` or `are`, as the number of things wants it."""
    return "is" if len(things) == 1 else "are"


def pair(groups: Sequence[Sequence[str]]) -> str:
    """Two files of the first group."""
    return " and ".join(f"'{name}'" for group in groups[:1] for name in group[:2])


def refuse_layout(path: Path, what: str, layout: str, hint: str) -> UsageError:
    """The error for data of a known kind in an order that the project does not read."""
    return UsageError(f"'{path}' holds {what}, and the project reads {layout}.", hint)


def _classes(names: Sequence[str]) -> str:
    return f"{'Class' if len(names) == 1 else 'Classes'} {examples(names)} {'has' if len(names) == 1 else 'have'}"
