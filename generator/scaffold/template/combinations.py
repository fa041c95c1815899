"""The combinations of a template's options, bounded by classes that are stated here.

A choice or a yes-or-no takes all its values, together with all other such options. Of several choices at once:
if there are at most `FEW`, all subsets; if there are more, none, each, each two and all, beside the defaults of the
other options. Loggers know nothing of each other: none, each and all of them, beside the defaults of the other options,
also in the cover. An option that only fills in a default of the configuration changes one word of one file: each of its
values is tried beside the defaults, and in the pairs of `cover`. A licence is rendered beside the defaults.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import UsageError
from .catalog import Catalog
from .options import Option
from .resolve import resolve

FEW = 3
INDEPENDENT = ("loggers", "author", "email", "license", "year")
"""Options whose choices know nothing of each other, nor of other options."""
TRIES = 12
"""Random completions of a row of the cover, of which the one with the most new pairs is taken."""

Answers = dict[str, Any]
Value = tuple[str, Any]
"""An option's name and its answer; of several choices at once, `option:choice` and whether it is taken."""


def combinations(catalog: Catalog, template: str) -> list[Answers]:
    """All combinations of the template's classes, each once, as the answers that ask for it."""
    found = itertools.chain(_product(catalog, template, {}), _alone(catalog, template))
    return list({json.dumps(answers, sort_keys=True): answers for answers in found}.values())


def _product(catalog: Catalog, template: str, answers: Answers) -> Iterator[Answers]:
    """Every set of answers to the options that vary together."""
    try:
        options = resolve(catalog, template, answers).options
    except UsageError:  # answers that refuse each other
        return
    option = next((each for each in options if each.name not in answers and not _is_alone(each)), None)
    if option is None:
        yield answers
        return
    for value in _values(option):
        yield from _product(catalog, template, {**answers, option.name: value})


def _alone(catalog: Catalog, template: str) -> Iterator[Answers]:
    """The values of the options that vary beside the defaults of all others."""
    for option in resolve(catalog, template, {}).options:
        if _is_alone(option):
            answers = ({option.name: value} for value in _values(option))
            yield from (each for each in answers if _can_be(catalog, template, each))


def _can_be(catalog: Catalog, template: str, answers: Answers) -> bool:
    """Whether the answers refuse nothing of each other, or of the template."""
    try:
        resolve(catalog, template, answers)
    except UsageError:
        return False
    return True


def _is_alone(option: Option) -> bool:
    is_independent = option.name in INDEPENDENT
    return is_independent or (_is_one_of_many(option) if option.kind == "multi-choice" else _fills_in(option))


def _is_one_of_many(option: Option) -> bool:
    return len(option.choices) > FEW or option.name in INDEPENDENT


def _fills_in(option: Option) -> bool:
    """Whether an answer changes nothing but a default of the configuration."""
    return not (option.ask or option.layers or any(choice.layers or choice.adds for choice in option.choices))


def _values(option: Option) -> list[Any]:
    """All answers to an option that has few; the default of one that has infinitely many."""
    names = [choice.name for choice in option.choices]
    if option.kind == "multi-choice":
        pairs = () if option.name in INDEPENDENT else (2,)
        counts = (0, 1, *pairs, len(names)) if _is_one_of_many(option) else range(len(names) + 1)
        return [list(some) for count in counts for some in itertools.combinations(names, count)]
    return {"choice": names, "bool": [True, False]}.get(option.kind, [option.default])


def cover(catalog: Catalog, template: str, seed: int = 0) -> list[Answers]:
    """Few combinations in which each value meets each value of each other option that it can meet."""
    generator = random.Random(seed)
    rows: list[Answers] = [{}]
    met = pairs(catalog, template, {})
    everything = sorted(
        {value for row in combinations(catalog, template) for value in values_of(catalog, template, row)}, key=repr
    )
    for first, second in itertools.combinations(everything, 2):
        if frozenset((first, second)) in met or first[0] == second[0]:
            continue
        candidates = [_completed(catalog, template, (first, second), generator) for _ in range(TRIES)]
        new = {index: pairs(catalog, template, row) - met for index, row in enumerate(candidates) if row is not None}
        new = {index: found for index, found in new.items() if frozenset((first, second)) in found}
        if new:  # else the two never meet: another answer closes one of them
            best = max(new, key=lambda index: len(new[index]))
            rows.append(candidates[best] or {})
            met |= new[best]
    options = [option for option in resolve(catalog, template, {}).options if option.name in INDEPENDENT]
    options = [option for option in options if option.kind == "multi-choice"]  # nothing of a licence runs
    values = [(option, value) for option in options for value in reversed(_values(option))]  # all of them first
    return rows + [{option.name: value} for option, value in values if value != option.default]


def values_of(catalog: Catalog, template: str, answers: Answers) -> set[Value]:
    """What a project of these answers has of each option."""
    resolution, values = resolve(catalog, template, answers), set[Value]()
    for option in resolution.options:
        if option.name in INDEPENDENT:
            continue
        answer = resolution.values[option.name]
        if option.kind == "multi-choice":
            values |= {(f"{option.name}:{choice.name}", choice.name in answer) for choice in option.choices}
        else:
            values.add((option.name, answer))
    return values


def pairs(catalog: Catalog, template: str, answers: Answers) -> set[frozenset[Value]]:
    """The values that meet in a project of these answers."""
    values = sorted(values_of(catalog, template, answers), key=repr)
    return {frozenset(pair) for pair in itertools.combinations(values, 2)}


def _completed(catalog: Catalog, template: str, wanted: Iterable[Value], generator: random.Random) -> Answers | None:
    """Answers that hold the wanted values, the others by chance; nothing if such cannot be had."""
    answers: Answers = {}
    fixed = dict(wanted)
    while True:
        try:
            options = resolve(catalog, template, answers).options
        except UsageError:  # answers that refuse each other
            return None
        option = next((each for each in options if each.name not in answers), None)
        if option is None:
            return answers
        answers[option.name] = _chosen(option, fixed, generator)


def _chosen(option: Option, fixed: dict[str, Any], generator: random.Random) -> Any:
    if option.name in INDEPENDENT:
        return option.default
    if option.kind != "multi-choice":
        return fixed.get(option.name, generator.choice(_values(option)))
    taken = {choice.name: generator.random() < 0.5 for choice in option.choices}
    taken |= {name: fixed[f"{option.name}:{name}"] for name in taken if f"{option.name}:{name}" in fixed}
    return [name for name, is_taken in taken.items() if is_taken]
