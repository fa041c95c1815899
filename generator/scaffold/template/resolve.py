"""Decides on a template's options, and on the layers that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import TemplateError as JinjaError
from jinja2 import meta
from jinja2.sandbox import SandboxedEnvironment

from ..errors import TemplateError, UsageError, unknown
from .catalog import Catalog
from .conflicts import refuse_clashes
from .contribution import Contribution
from .layer import Layer
from .options import Option, check_value
from .resolution import Resolution


def resolve(catalog: Catalog, template: str, answers: Mapping[str, Any]) -> Resolution:
    """Values for all options of the template: the answers, and defaults for the rest.

    Call it again with one more answer to learn what to ask next: an answer may add options. So answers
    that cannot go together are refused, but a default that cannot go with an answer is not, yet.

    Raises:
        UsageError: an answer to an option that there is not, or that does not apply, or of a wrong value.
        TemplateError: the template speaks of what there is not.
    """
    stack = _Stack(catalog)
    stack.add(catalog.template(template).id)
    options: list[Option] = []
    values: dict[str, Any] = {}
    while stack.waiting:
        option = stack.waiting.pop(0)
        applies = option.when is None or _holds(option.when, values, option)
        values[option.name] = _value(option, answers, applies=applies)
        if applies:
            options.append(option)
        stack.add_chosen(option, values[option.name])
    for name in answers:
        if name not in values:
            raise unknown("option", name, values, listing=f"`scaffold show {template}` lists them all.")
    resolution = Resolution(tuple(options), values, tuple(stack.layers), tuple(stack.contributions), stack.brought_by)
    refuse_clashes(catalog, resolution, among=answers)
    return resolution


def names_read(expression: str) -> set[str]:
    """The options that a `when` looks at.

    Example:
        >>> sorted(names_read("dataset == 'digits' and not fast"))
        ['dataset', 'fast']
    """
    return meta.find_undeclared_variables(_ENVIRONMENT.parse("{{ " + expression + " }}"))


_ENVIRONMENT = SandboxedEnvironment()


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


def _value(option: Option, answers: Mapping[str, Any], *, applies: bool) -> Any:
    if option.name not in answers:
        return option.default
    if not applies:
        raise UsageError(
            f"'{option.name}' does not apply here: it needs `{option.when}`.", f"Leave '{option.name}' out."
        )
    return check_value(option, answers[option.name])


def _holds(expression: str, values: Mapping[str, Any], option: Option) -> bool:
    try:
        later = names_read(expression) - values.keys()
        if not later:
            return bool(_ENVIRONMENT.compile_expression(expression)(**values))
    except (JinjaError, TypeError, ArithmeticError) as error:
        raise TemplateError(
            f"`when` of option '{option.name}' is no expression: `{expression}` ({error}).", "Mend it in layer.toml."
        ) from None
    raise TemplateError(
        f"`when` of option '{option.name}' reads '{min(later)}', which is not asked before it.",
        f"Asked before it: {', '.join(values) or 'nothing'}.",
    )
