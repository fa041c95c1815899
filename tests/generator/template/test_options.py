from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from scaffold.errors import ScaffoldError, UsageError
from scaffold.template.options import Choice, Kind, Option, check_value, parse_value

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

CHOICES = (Choice("red", "warm", ("layers/red",)), Choice("blue", "cold", ("layers/blue", "layers/sea")))


def option(kind: Kind, default: Any) -> Option:
    """An option `it` of a kind."""
    return Option("it", kind, default, "What?", CHOICES if "choice" in kind else ())


@pytest.mark.parametrize(
    ("kind", "default", "text", "value"),
    [
        ("bool", False, "Yes", True),
        ("bool", True, "0", False),
        ("int", 1, "-3", -3),
        ("float", 1.0, "3", 3.0),
        ("float", 1.0, "1e-3", 0.001),
        ("str", "", "a, b=c", "a, b=c"),
        ("choice", "red", "blue", "blue"),
        ("multi-choice", [], "blue, red,blue", ["red", "blue"]),
        ("multi-choice", ["red"], "", []),
    ],
)
def test_texts_become_values(kind: Kind, default: Any, text: str, value: Any) -> None:
    """A flag's text becomes a value of the option's own type; choices come in the template's order, once."""
    parsed = parse_value(option(kind, default), text)
    assert (parsed, type(parsed)) == (value, type(value))


def test_the_order_of_an_answer_can_count() -> None:
    """An ordered multi-choice keeps what was said first in the first place, each choice once."""
    ordered = replace(option("multi-choice", []), ordered=True)
    assert parse_value(ordered, "blue, red,blue") == ["blue", "red"]


@pytest.mark.parametrize(
    ("kind", "default", "text", "message", "hint"),
    [
        ("bool", True, "maybe", "'it' should be yes or no, got 'maybe'.", "For example `--set it=yes`."),
        ("int", 4, "4.5", "'it' should be a whole number, got '4.5'.", "For example `--set it=4`."),
        ("float", 0.5, "fast", "'it' should be a number, got 'fast'.", "For example `--set it=0.5`."),
        ("float", 0.5, "inf", "'it' should be a number, got inf.", "For example `--set it=0.5`."),
        ("str", "x", "\udcff", "'it' should be a text, got '\\udcff'.", "For example `--set it=x`."),
        ("choice", "red", "bleu", "'it' cannot be 'bleu'.", "Did you mean 'blue'? It is one of red, blue."),
        ("multi-choice", [], "red,x", "'it' cannot be 'x'.", "It is one of red, blue."),
    ],
)
def test_wrong_texts_are_refused(
    refused: Refusal, kind: Kind, default: Any, text: str, message: str, hint: str
) -> None:
    """A text that is no value is named, with an example of one that is, or with the nearest."""
    with refused(UsageError, message, hint):
        parse_value(option(kind, default), text)


def test_whole_numbers_are_numbers() -> None:
    """3 in a file of answers is 3.0 where a float is asked for."""
    value = check_value(option("float", 1.0), 3)
    assert (value, type(value)) == (3.0, float)


@pytest.mark.parametrize(
    ("kind", "default", "value", "message", "hint"),
    [
        ("int", 2, True, "'it' should be a whole number, got True.", "For example `--set it=2`."),
        ("bool", False, 1, "'it' should be yes or no, got 1.", "For example `--set it=no`."),
        ("choice", "red", 3, "'it' should be one of its choices, got 3.", "For example `--set it=red`."),
        ("multi-choice", [], "red", "'it' should be a list of choices, got 'red'.", "For example `--set it=red,blue`."),
        ("multi-choice", [], [["red"]], "'it' cannot be '['red']'.", "Did you mean 'red'? It is one of red, blue."),
    ],
)
def test_values_of_another_type_are_refused(
    refused: Refusal, kind: Kind, default: Any, value: Any, message: str, hint: str
) -> None:
    """A value in a file of answers has the option's type; nothing is guessed."""
    with refused(UsageError, message, hint):
        check_value(option(kind, default), value)


def test_answers_switch_layers_on() -> None:
    """A true bool adds its layers, a choice those of the chosen values in the template's order."""
    notes = Option("notes", "bool", False, "Notes?", layers=("notes",))
    assert (notes.switched_on(True), notes.switched_on(False)) == (("notes",), ())
    assert option("choice", "red").switched_on("blue") == ("layers/blue", "layers/sea")
    assert option("multi-choice", []).switched_on(["blue", "red"]) == ("layers/red", "layers/blue", "layers/sea")
