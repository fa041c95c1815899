"""Finds what a template's options and layers are once some of its options are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from jinja2 import TemplateError as JinjaError
from jinja2 import meta
from jinja2.sandbox import SandboxedEnvironment

from ..errors import TemplateError, UsageError, unknown
from .catalog import Catalog
from .conflicts import refuse_clashes
from .contribution import Contribution
from .layer import Layer
from .options import Option, read_answer
from .resolution import Resolution


def resolve(catalog: Catalog, template: str, answers: Mapping[str, Any], *, strict: bool = True) -> Resolution:
    """Values for all options of the template: the answers, and defaults for the rest.

    Answers are taken in the order of asking, because an answer may add options. Answers that cannot go together
    are refused, but a default that cannot go with an answer is not, yet: it may still be answered.

    Args:
        catalog: the layers that there are.
        template: one of its templates.
        answers: by the options' names; a `Said` is read as its option's kind.
        strict: whether an answer that is not of this template, or that another one closed, is refused; else it is
            passed over, to count again when its option opens.

    Raises:
        UsageError: an answer to an option that there is not, or that does not apply, or of a wrong value.
        TemplateError: the template speaks of what there is not.
    """
    stack = _Stack(catalog)
    stack.add(catalog.template(template).id)
    options: list[Option] = []
    values: dict[str, Any] = {}
    given: set[str] = set()
    while stack.waiting:
        option = stack.waiting.pop(0)
        applies = option.when is None or _holds(option.when, values, option)
        values[option.name] = option.default
        if option.name in answers and (strict or (applies and _fits(option, answers[option.name]))):
            values[option.name] = _answered(option, answers[option.name], applies=applies)
            given.add(option.name)
        if applies:
            options.append(option)
        stack.add_chosen(option, values[option.name])
    for name in answers if strict else ():
        if name not in values:
            raise unknown("option", name, values, listing=f"`scaffold show {template}` lists them all.")
    resolution = Resolution(
        catalog,
        template,
        tuple(options),
        values,
        frozenset(given),
        tuple(stack.layers),
        tuple(stack.contributions),
        stack.brought_by,
    )
    refuse_clashes(resolution, among=given)
    return resolution


def with_answer(resolution: Resolution, name: str, answers: Mapping[str, Any]) -> Resolution:
    """The resolution of these answers, of which one is new.

    An option that adds no layer, refuses nothing and that no `when` reads is filled in; only others are a reason
    to go through all options again.

    Args:
        resolution: of the answers without the new one.
        name: the option that it answers.
        answers: all of them; those that do not apply are passed over.
    """
    option = next(each for each in resolution.options if each.name == name)
    if _only_fills_in(option, resolution):
        values = {**resolution.values, name: read_answer(option, answers[name])}
        return replace(resolution, values=values, given=resolution.given | {name})
    return resolve(resolution.catalog, resolution.template, answers, strict=False)


def _only_fills_in(option: Option, resolution: Resolution) -> bool:
    options = [each for layer in resolution.layers for each in layer.options]
    is_read = any(each.when and option.name in names_read(each.when) for each in options)
    switches = option.layers or any(choice.layers or choice.refuses or choice.adds for choice in option.choices)
    refused = [word.partition("=")[0] for each in options for choice in each.choices for word in choice.refuses]
    return not (is_read or switches or option.name in refused)


@cache  # an expression is asked about with each answer, and reading one is most of what a resolution takes
def names_read(expression: str) -> frozenset[str]:
    """The options that a `when` looks at.

    Example:
        >>> sorted(names_read("dataset == 'digits' and not fast"))
        ['dataset', 'fast']
    """
    return frozenset(meta.find_undeclared_variables(_ENVIRONMENT.parse("{{ " + expression + " }}")))


_ENVIRONMENT = SandboxedEnvironment()
_compiled = cache(_ENVIRONMENT.compile_expression)


@dataclass
class _Stack:
    """Layers in order, each once, and the options that they bring."""

    catalog: Catalog
    layers: list[Layer] = field(default_factory=list[Layer])
    waiting: list[Option] = field(default_factory=list[Option])
    contributions: list[tuple[str, Contribution]] = field(default_factory=list[tuple[str, Contribution]])
    brought_by: dict[str, str] = field(default_factory=dict[str, str])
    _owners: dict[str, str] = field(default_factory=dict[str, str])
    _flags: dict[str, str] = field(default_factory=dict[str, str])
    _seen: set[str] = field(default_factory=set[str])

    def add(self, layer_id: str, *, choice: str | None = None, named_by: str | None = None) -> None:
        """Puts a layer on top, after those that it extends."""
        layer = self.catalog.layer(layer_id, named_by=named_by or choice)
        if layer_id in self._seen:
            return
        self._seen.add(layer_id)
        for below in layer.extends:
            self.add(below, choice=choice, named_by=layer_id)
        self.layers.append(layer)
        self.contributions.append((f"Layer '{layer_id}'", layer.adds))
        if choice is not None:
            self.brought_by[layer_id] = choice
        for option in layer.options:
            self._ask(option, layer_id)

    def add_chosen(self, option: Option, value: Any) -> None:
        """Puts on top what an answer brings: of each choice first its own entries, then its layers."""
        for layer in option.layers if option.kind == "bool" and value else ():
            self.add(layer, choice=f"{option.name}=yes")
        for choice in option.chosen(value):
            named = f"{option.name}={choice.name}"
            self.contributions.append((f"Choice '{named}'", choice.adds))
            for layer in choice.layers:
                self.add(layer, choice=named)

    def _ask(self, option: Option, layer_id: str) -> None:
        owner = self._owners.setdefault(option.name, layer_id)
        if owner != layer_id:
            raise TemplateError(
                f"Layers '{owner}' and '{layer_id}' both have an option '{option.name}'.",
                "Move it to a layer that both extend, or rename one.",
            )
        other = self._flags.setdefault(option.flag or f"set {option.name}", option.name)
        if other != option.name:
            raise TemplateError(
                f"Options '{other}' and '{option.name}' both have the flag `--{option.flag}`.",
                "Give it to one of them.",
            )
        self.waiting.append(option)


def _answered(option: Option, answer: Any, *, applies: bool) -> Any:
    if not applies:
        raise UsageError(
            f"'{option.name}' does not apply here: it needs `{option.when}`.", f"Leave '{option.name}' out."
        )
    return read_answer(option, answer)


def _fits(option: Option, answer: Any) -> bool:
    try:
        read_answer(option, answer)
    except UsageError:  # an answer for another template, whose option of this name is another one
        return False
    return True


def _holds(expression: str, values: Mapping[str, Any], option: Option) -> bool:
    try:
        later = names_read(expression) - values.keys()
        if not later:
            return bool(_compiled(expression)(**values))
    except (JinjaError, TypeError, ArithmeticError) as error:
        raise TemplateError(
            f"`when` of option '{option.name}' is no expression: `{expression}` ({error}).", "Mend it in layer.toml."
        ) from None
    raise TemplateError(
        f"`when` of option '{option.name}' reads '{min(later)}', which is not asked before it.",
        f"Asked before it: {', '.join(values) or 'nothing'}.",
    )
