"""What can go wrong, in words for the person who can mend it.

ScaffoldError
    UsageError          a wrong answer, name, template or directory; nothing was written
    TemplateError       a template's author has something to mend
    WriteError          the project could not be written; nothing is half there
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ScaffoldError(Exception):
    """One sentence on what was expected and what arrived, one on what to do.

    Attributes:
        message: what is wrong.
        hint: what to do about it, if there is something to say.
        exit_code: of the command that failed.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ScaffoldError):
    """Something that was asked for cannot be had."""


class TemplateError(ScaffoldError):
    """A template contradicts itself; its author can mend it."""


class WriteError(ScaffoldError):
    """The disk refused; the target is as it was."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if one is near.

    Example:
        >>> nearest("vision-clasification", ["vision-classification", "base"])
        'vision-classification'
        >>> nearest("elephant", ["vision-classification", "base"]) is None
        True
    """
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint's first sentence, if a known word is near; else nothing.

    Example:
        >>> did_you_mean("extend", ["extends", "needs"])
        "Did you mean 'extends'? "
    """
    near = nearest(word, known)
    return f"Did you mean '{near}'? " if near else ""


def count(number: int, noun: str) -> str:
    """A number and its noun: '1 file', '2 files'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def several(names: Iterable[object], *, most: int = 3) -> str:
    """Some names in quotes, and how many there are besides.

    Example:
        >>> several(["a", "b", "c", "d", "e"])
        "'a', 'b', 'c' and 2 more"
    """
    shown = [f"'{name}'" for name in names]
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")


def unknown(kind: str, word: str, known: Iterable[str], *, listing: str) -> UsageError:
    """The error for a word that is none of the known ones.

    Args:
        kind: what the word should have named.
        word: what was given.
        known: what there is.
        listing: a sentence on where all of them are shown.
    """
    return UsageError(f"There is no {kind} '{word}'.", f"{did_you_mean(word, known)}{listing}")
