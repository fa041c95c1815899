"""A template's options: what may be answered, and what an answer switches on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..errors import UsageError, did_you_mean
from .contribution import Contribution

Kind = Literal["bool", "int", "float", "str", "choice", "multi-choice"]
KINDS: tuple[Kind, ...] = ("bool", "int", "float", "str", "choice", "multi-choice")
FLAGS = ("backend", "logger")
"""Flags of the command that may set an option; all others are set by `--set`."""

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_TYPES: Mapping[Kind, type] = {"bool": bool, "int": int, "float": float, "str": str, "choice": str}


@dataclass(frozen=True)
class Choice:
    """One of the values that an option offers.

    Attributes:
        name: the value.
        help: what it stands for, in one line.
        layers: what it switches on.
        refuses: values of other options that cannot go with it, such as `backend=mpi`.
        adds: what it brings to the files where layers meet.
    """

    name: str
    help: str
    layers: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    adds: Contribution = field(default_factory=Contribution)


@dataclass(frozen=True)
class Option:
    """One question.

    Attributes:
        name: how flags, answers and templates call it.
        kind: what an answer is.
        default: the answer if none is given.
        help: the question in one line.
        choices: what a choice or multi-choice offers.
        when: an expression over the options before it; where it is false, the option has no answer but its default.
        layers: what a true bool switches on.
        flag: the command's own flag for it, if it has one: `logger` for `--logger`, which may be repeated.
        ordered: whether a multi-choice keeps the order that it was answered in; else its choices' own.
        ask: whether a conversation asks for it; else `--set` and `--data` answer it.
        summary: whether the summary at a conversation's end shows it, though it is not asked for nor answered.
        before: what projects have that do not know the option yet, by the version that brought it.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    choices: tuple[Choice, ...] = ()
    when: str | None = None
    layers: tuple[str, ...] = ()
    flag: str | None = None
    ordered: bool = False
    ask: bool = True
    summary: bool = False
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def switched_on(self, value: Any) -> tuple[str, ...]:
        """The layers that an answer adds."""
        if self.kind == "bool":
            return self.layers if value else ()
        return tuple(layer for choice in self.chosen(value) for layer in choice.layers)

    def chosen(self, value: Any) -> tuple[Choice, ...]:
        """The choices that an answer takes."""
        names = value if self.kind == "multi-choice" else [value]
        return tuple(choice for choice in self.choices if choice.name in names)


@dataclass(frozen=True)
class Said:
    """An answer as words of a command say it: a text, whatever the option's kind."""

    text: str


def read_answer(option: Option, answer: Any) -> Any:
    """The value that an answer stands for, said in words or given in its own type.

    Raises:
        UsageError: it is no value of the option.
    """
    return parse_value(option, answer.text) if isinstance(answer, Said) else check_value(option, answer)


def parse_value(option: Option, text: str) -> Any:
    """The answer that a flag's text stands for; several choices are separated by commas.

    Raises:
        UsageError: the text is no value of the option.

    Example:
        >>> parse_value(Option("epochs", "int", 3, "How many?"), "5")
        5
        >>> parse_value(Option("git", "bool", True, "Use git?"), "no")
        False
    """
    if option.kind == "multi-choice":
        return check_value(option, [word.strip() for word in text.split(",") if word.strip()])
    if option.kind == "bool":
        return check_value(option, _WORDS.get(text.lower(), text))
    try:
        return check_value(option, _TYPES[option.kind](text))
    except ValueError:
        raise _not_of_kind(option, text) from None


def check_value(option: Option, value: Any) -> Any:
    """The answer as it is, or as the option's own type where that loses nothing (3 for a float).

    Raises:
        UsageError: it is no value of the option.
    """
    if option.kind == "multi-choice":
        return _check_several(option, value)
    if option.kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not _TYPES[option.kind] or not _is_storable(value):
        raise _not_of_kind(option, value)
    if option.kind == "choice":
        _check_choice(option, value)
    return value


def _is_storable(value: Any) -> bool:
    """Whether a file can hold it: no infinity, and no text that UTF-8 lacks (a shell passes any bytes)."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or value.encode(errors="replace").decode() == value


def _check_several(option: Option, value: Any) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _not_of_kind(option, value)
    words = cast("Sequence[Any]", value)
    for word in words:
        _check_choice(option, word)
    if option.ordered:
        return list(dict.fromkeys(words))
    return [choice.name for choice in option.choices if choice.name in words]  # in the template's order, once


def _check_choice(option: Option, word: Any) -> None:
    known = [choice.name for choice in option.choices]
    if word in known:
        return
    hint = f"{did_you_mean(str(word), known)}It is one of {', '.join(known)}."
    raise UsageError(f"'{option.name}' cannot be '{word}'.", hint)


def _not_of_kind(option: Option, value: Any) -> UsageError:
    kinds = {"bool": "yes or no", "int": "a whole number", "float": "a number", "str": "a text"}
    expected = kinds.get(option.kind, "a list of choices" if option.kind == "multi-choice" else "one of its choices")
    return UsageError(
        f"'{option.name}' should be {expected}, got {value!r}.", f"For example `--set {_example(option)}`."
    )


def _example(option: Option) -> str:
    if option.kind == "bool":
        return f"{option.name}={'yes' if option.default else 'no'}"
    if option.kind == "multi-choice":
        return f"{option.name}={','.join(option.default or [choice.name for choice in option.choices])}"
    return f"{option.name}={option.default}"
