"""One question at a time, on a terminal, by questionary.

A question disappears when it is answered and one line with the answer takes its place, so that what
stays on the screen reads as a record: the name of each choice and what was chosen. Ctrl-C leaves any
question with `KeyboardInterrupt`, and Escape with `Back` where `escapable` says that there is a question before.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.utils import get_cwidth
from questionary.prompts import common

from ..errors import ScaffoldError
from .terminal import can_show, erase, paint, say, show_error, width

POINTER = ">"
POINTED = len(f" {POINTER} ")
"""Columns that the pointer takes before a choice."""
NARROWEST_MEANING = 16
STYLE = questionary.Style(
    [
        ("qmark", "fg:ansicyan bold"),
        ("question", "bold"),
        ("instruction", "fg:ansibrightblack"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "fg:ansicyan bold"),
        ("selected", "fg:ansicyan"),
        ("answer", "fg:ansicyan"),
    ]
)

CHOSEN, NOT_CHOSEN = ("●", "○") if can_show("●○") else ("[x]", "[ ]")
common.INDICATOR_SELECTED = CHOSEN  # pyright: ignore[reportPrivateImportUsage]  # there is no other way
common.INDICATOR_UNSELECTED = NOT_CHOSEN  # pyright: ignore[reportPrivateImportUsage]


class Back(Exception):
    """The person wants the question before this one again."""


Row = tuple[str, str]
"""A value and what it means."""


def ask_text(label: str, *, help: str, default: str, check: Callable[[str], None]) -> str:
    """Asks for a line of text until `check` raises no `ScaffoldError` about it."""
    while True:
        answer: str = _ask(
            questionary.text(label, default=default, instruction=f"{_beside(label, help)}\n >", **_looks())
        ).strip()
        try:
            check(answer)
        except ScaffoldError as error:
            tell(error)
            default = answer
        else:
            _record(label, answer)
            return answer


def ask_one(label: str, rows: Sequence[Row], *, help: str, default: str) -> str:
    """Asks for one of several values, the pointer on the default."""
    answer: str = _ask(
        questionary.select(
            _name(label), _choices(rows), default=default, instruction=_beside(label, help), pointer=POINTER, **_looks()
        )
    )
    _record(label, answer)
    return answer


def ask_many(label: str, rows: Sequence[Row], *, help: str, default: Iterable[str]) -> list[str]:
    """Asks for any number of values, those of the default already chosen."""
    choices = _choices(rows, checked=set(default))
    keys = _beside(label, f"{help} Space chooses, enter goes on.")
    answer: list[str] = _ask(questionary.checkbox(_name(label), choices, instruction=keys, pointer=POINTER, **_looks()))
    _record(label, ", ".join(answer) or "none")
    return answer


def ask_yes_no(label: str, *, help: str, default: bool) -> bool:
    """Asks for yes or no; enter takes the default."""
    keys = _beside(label, f"{help} ({'Y/n' if default else 'y/N'})") + " "
    answer: bool = _ask(questionary.confirm(_name(label), default=default, instruction=keys, **_looks()))
    _record(label, "yes" if answer else "no")
    return answer


def pick(label: str, lines: Sequence[tuple[str, str, str]], *, go_on: Row, help: str) -> str:
    """Shows lines of a key, a name and a value under the choice to go on; the key of the chosen one.

    Nothing stays on the screen: what was chosen shows in what happens next.
    """
    longest = max(len(name) for _, name, _ in lines)
    choices = [questionary.Choice(go_on[1], go_on[0]), questionary.Separator(" ")]
    choices += [questionary.Choice(_columns(name, value, longest), key) for key, name, value in lines]
    return _ask(
        questionary.select(_name(label), choices, instruction=_beside(label, help), pointer=POINTER, **_looks())
    )


def tell(error: ScaffoldError) -> None:
    """Says between the questions why an answer cannot be had."""
    show_error(error.message, error.hint)
    _records.clear()


def take_back_record() -> None:
    """Takes the line of the last answer off the screen, unless something stands below it."""
    if _records:
        erase(_records.pop())


def label(name: str) -> str:
    """An option's name as questions and the summary show it."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def _ask(question: questionary.Question) -> Any:
    own = question.application.key_bindings
    more = [_BACK] if _escapable else []
    question.application.key_bindings = merge_key_bindings([*([own] if own else []), *more])
    return question.unsafe_ask()


_BACK = KeyBindings()
_escapable: list[bool] = []
_records: list[int] = []
"""Rows of the answers on the screen, as far as nothing else stands below them."""


@contextmanager
def escapable() -> Generator[None]:
    """Lets Escape leave the questions that are asked meanwhile."""
    _escapable.append(True)
    try:
        yield
    finally:
        _escapable.pop()


@_BACK.add("escape", eager=True)  # else it is waited for what may follow, as in Alt-B
def _go_back(event: KeyPressEvent) -> None:
    event.app.exit(exception=Back)


def _looks() -> dict[str, Any]:
    return {"style": STYLE, "erase_when_done": True}


def _name(label: str) -> str:
    return f"{label} "  # questionary adds one more; the record has two as well


def _beside(label: str, help: str) -> str:
    """The help text, broken where it leaves the terminal; its first line begins after the label."""
    before = " " * len(f"? {label}  ")
    lines = _wrap(help, width() - 1, first=before, rest="  ")
    return "\n".join(lines).lstrip()


def _record(label: str, shown: str) -> None:
    say(f"{paint('?', 'cyan')} {paint(label, 'bold')}  {paint(shown, 'cyan')}")
    _records.append(-(-get_cwidth(f"? {label}  {shown}") // width()))


def _choices(rows: Sequence[Row], *, checked: set[str] | None = None) -> list[questionary.Choice]:
    longest = max(len(value) for value, _ in rows)
    before = POINTED if checked is None else POINTED + len(f"{CHOSEN} ")
    return [
        questionary.Choice(_columns(value, meaning, longest, before), value, checked=value in (checked or ()))
        for value, meaning in rows
    ]


def _wrap(text: str, columns: int, *, first: str = "", rest: str) -> list[str]:
    """The text in lines; flags such as `--time-limit-minutes` stay whole."""
    return textwrap.wrap(text, columns, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _columns(name: str, meaning: str, longest: int, before: int = POINTED) -> str:
    """A name and its meaning in two columns; the meaning goes on below itself, or below a long name."""
    column, available = longest + 2, width() - before - 1
    if available - column < NARROWEST_MEANING:
        lines = [name, *_wrap(meaning, available, first="  ", rest="  ")]
    else:
        lines = _wrap(f"{name:<{longest}}  {meaning}", available, rest=" " * column)
    return ("\n" + " " * before).join(lines)
