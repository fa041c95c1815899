"""How much the built-in templates ask."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from scaffold.template.catalog import load_catalog
from scaffold.template.options import Option
from scaffold.template.resolve import resolve

MOST_QUESTIONS = 6
"""Of options; the name, the template and git are asked for besides."""
CATALOG = load_catalog()


def answers(option: Option) -> list[Any]:
    """What a person can choose of an option; of several choices one at a time."""
    names = [choice.name for choice in option.choices]
    several = [[], *([name] for name in names)]
    return {"choice": names, "bool": [True, False], "multi-choice": several}.get(option.kind, [option.default])


def questions(template: str, given: dict[str, Any]) -> list[Option]:
    """What is asked for, if these answers are given."""
    return [option for option in resolve(CATALOG, template, given, strict=False).options if option.ask]


@pytest.mark.parametrize("template", [layer.id for layer in CATALOG.templates()])
def test_few_questions_are_asked(template: str) -> None:
    """By default, and after any one or two answers, a template asks for six of its options at most."""
    first = questions(template, {})
    single = [(option.name, value) for option in first for value in answers(option)]
    options = [each for each in itertools.combinations(first, 2) if {one.kind for one in each} == {"choice"}]
    pairs = [
        ((one.name, value), (other.name, another))
        for one, other in options
        for value in answers(one)
        for another in answers(other)
    ]
    for given in [{}, *(dict([each]) for each in single), *(dict(each) for each in pairs)]:
        asked = [option.name for option in questions(template, given)]
        assert len(asked) <= MOST_QUESTIONS, (given, asked)


def test_an_option_that_is_not_asked_for_is_decided() -> None:
    """It has its default until a flag says otherwise, and no question waits for it."""
    resolution = resolve(CATALOG, "vision-classification", {"dataset": "imagefolder"})
    silent = [option.name for option in resolution.options if not option.ask]
    assert {"data_path", "image_size", "optimizer", "schedule"} <= set(silent)
    rest = {option.name: option.default for option in resolution.options if option.ask}
    assert resolve(CATALOG, "vision-classification", {**rest, "dataset": "imagefolder"}).undecided() is None
