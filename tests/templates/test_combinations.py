"""Every combination of the options that we offer."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from scaffold.life.finish import generate
from scaffold.template.catalog import Catalog, load_catalog
from scaffold.template.options import Option
from scaffold.template.resolve import resolve

FEW = 3
"""Choices of a multi-choice that are tried in all their combinations, together with all other options."""


def values(option: Option) -> list[Any]:
    """All answers to an option that has few, and the default of one that has many or infinitely many."""
    names = [choice.name for choice in option.choices]
    if option.kind == "multi-choice" and len(names) <= FEW:
        return [list(some) for count in range(len(names) + 1) for some in itertools.combinations(names, count)]
    return {"choice": names, "bool": [True, False]}.get(option.kind, [option.default])


def combinations(catalog: Catalog, template: str, answers: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Every set of answers that the template accepts."""
    answers = answers or {}
    options = resolve(catalog, template, answers).options
    option = next((option for option in options if option.name not in answers), None)
    if option is None:
        yield answers
        return
    for value in values(option):
        yield from combinations(catalog, template, {**answers, option.name: value})


def long_lists(catalog: Catalog, template: str) -> Iterator[dict[str, Any]]:
    """For an option of many choices: none, each, each two and all of them, beside the defaults of the others."""
    for option in resolve(catalog, template, {}).options:
        names = [choice.name for choice in option.choices]
        if option.kind == "multi-choice" and len(names) > FEW:
            for count in (0, 1, 2, len(names)):
                yield from ({option.name: list(some)} for some in itertools.combinations(names, count))


CATALOG = load_catalog()
PRODUCT = [(layer.id, answers) for layer in CATALOG.templates() for answers in combinations(CATALOG, layer.id)]
ALL = PRODUCT + [(layer.id, answers) for layer in CATALOG.templates() for answers in long_lists(CATALOG, layer.id)]


def test_there_are_combinations() -> None:
    """A change that hides all options cannot make these tests pass by testing nothing."""
    assert len(ALL) >= 70


@pytest.mark.parametrize(
    ("template", "answers"), ALL, ids=lambda value: json.dumps(value) if isinstance(value, dict) else ""
)
def test_it_renders_clean(template: str, answers: dict[str, Any]) -> None:
    """The project is made, so ruff has found nothing; its files compile, and nothing of the generator is in them."""
    project = generate(CATALOG, template, "some-project", answers)
    for path, file in project.files.items():
        if path.suffix == ".py":
            compile(file.content, str(path), "exec")
            assert b"scaffold_runtime" not in file.content, path
        if path.suffix in (".py", ".md", ".toml"):
            assert b"project_name" not in file.content, path
            assert b"{{" not in file.content, path


@pytest.mark.parametrize("template", [layer.id for layer in CATALOG.templates()])
def test_nothing_that_was_not_chosen_is_there(template: str) -> None:
    """Without a logger and with the digits there is no module and no dependency of loggers, data, backends, extras."""
    project = generate(CATALOG, template, "some-project", {})
    text = b"".join(file.content for path, file in project.files.items() if path.suffix in (".py", ".toml")).decode()
    names = {path.stem for path in project.files}
    assert not names & {"tensorboard", "ema", "ema_handler", "xla", "horovod", "gradient_averaging"}
    for absent in ("tensorboard", "torchvision", "CIFAR", "torch_xla==", "horovod>="):
        assert absent not in text, absent
