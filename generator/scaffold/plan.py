"""Decides what a project is made of: its options' values, its layers, and who owns each file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import SandboxedEnvironment

from .catalog import Catalog
from .errors import TemplateError, UsageError, unknown
from .layer import Layer
from .names import ProjectName
from .options import Option, check_value


@dataclass(frozen=True)
class Decisions:
    """Options with their values, in the order of asking, and the layers that follow from them.

    Attributes:
        options: those that apply, answered or not.
        values: of all options of the layers, also of those that do not apply (their defaults).
        layers: from the lowest to the highest.
    """

    options: tuple[Option, ...]
    values: Mapping[str, Any]
    layers: tuple[Layer, ...]

    @property
    def answers(self) -> dict[str, Any]:
        """The values of the options that apply."""
        return {option.name: self.values[option.name] for option in self.options}


@dataclass(frozen=True)
class Plan:
    """All that rendering needs.

    Attributes:
        name: of the project.
        template: its id.
        decisions: options and layers.
        files: path in the template to bytes, mode and owning layer.
        slots: every list that some layer of the catalog could fill.
        dependencies: sorted requirements, `runtime` and `dev`.
    """

    name: ProjectName
    template: str
    decisions: Decisions
    files: Mapping[PurePosixPath, tuple[bytes, int, str]]
    slots: Mapping[str, list[Any]]
    dependencies: Mapping[str, list[str]]


def decide(catalog: Catalog, template: str, answers: Mapping[str, Any]) -> Decisions:
    """Values for all options of the template: the answers, and defaults for the rest.

    Call it again with one more answer to learn what to ask next: an answer may add options.

    Raises:
        UsageError: an answer to an option that there is not, or that does not apply, or of a wrong value.
    """
    stack = _Stack(catalog)
    stack.add(catalog.template(template).id)
    options: list[Option] = []
    values: dict[str, Any] = {}
    while stack.waiting:
        option = stack.waiting.pop(0)
        applies = option.when is None or _holds(option.when, values, option)
        if option.name in answers and not applies:
            raise UsageError(
                f"'{option.name}' does not apply here: it needs {option.when}.", f"Leave {option.name} out."
            )
        values[option.name] = check_value(option, answers[option.name]) if option.name in answers else option.default
        if applies:
            options.append(option)
        for layer in option.switched_on(values[option.name]):
            stack.add(layer)
    for name in answers:
        if name not in values:
            listing = f"`scaffold show {template}` lists them all."
            raise unknown("option", name, values, listing=listing)
    _check_company(stack.layers)
    return Decisions(tuple(options), values, tuple(stack.layers))


def make_plan(catalog: Catalog, template: str, name: ProjectName, answers: Mapping[str, Any]) -> Plan:
    """The plan of a project.

    Raises:
        UsageError: an answer is wrong.
        TemplateError: two layers write one file without saying so.
    """
    decisions = decide(catalog, template, answers)
    dependencies: dict[str, set[str]] = {"runtime": set(), "dev": set()}
    slots: dict[str, list[Any]] = {slot: [] for slot in catalog.slot_names()}
    for layer in decisions.layers:
        for kind, requirements in layer.dependencies.items():
            dependencies[kind].update(requirements)
        for slot, entries in layer.slots.items():
            slots[slot].extend(entries)
    return Plan(
        name=name,
        template=template,
        decisions=decisions,
        files=_own(decisions.layers),
        slots=slots,
        dependencies={kind: sorted(requirements, key=str.lower) for kind, requirements in dependencies.items()},
    )


@dataclass
class _Stack:
    """Layers in order, each once, and the options that they bring."""

    catalog: Catalog
    layers: list[Layer] = field(default_factory=list[Layer])
    waiting: list[Option] = field(default_factory=list[Option])

    def add(self, layer_id: str) -> None:
        layer = self.catalog.layer(layer_id)
        if layer in self.layers:
            return
        for below in layer.extends:
            self.add(below)
        self.layers.append(layer)
        self.waiting.extend(layer.options)


def _holds(expression: str, values: Mapping[str, Any], option: Option) -> bool:
    try:
        return bool(SandboxedEnvironment().compile_expression(expression)(**values))
    except JinjaError as error:
        raise TemplateError(f"`when` of option '{option.name}' is no expression: {expression!r} ({error}).") from None


def _check_company(layers: list[Layer]) -> None:
    present = {layer.id for layer in layers}
    for layer in layers:
        for needed in layer.needs:
            if needed not in present:
                raise UsageError(
                    f"'{layer.id}' needs '{needed}'.", f"Choose '{needed}' too, or leave '{layer.id}' out."
                )
        for refused in layer.refuses:
            if refused in present:
                raise UsageError(f"'{layer.id}' and '{refused}' cannot be together.", "Leave one of them out.")


def _own(layers: tuple[Layer, ...]) -> dict[PurePosixPath, tuple[bytes, int, str]]:
    files: dict[PurePosixPath, tuple[bytes, int, str]] = {}
    targets: dict[PurePosixPath, PurePosixPath] = {}
    for layer in layers:
        for path, (content, mode) in layer.files.items():
            target = path.with_suffix("") if path.suffix == ".jinja" else path
            if target in targets:
                if str(target) not in layer.replaces:
                    owner = files[targets[target]][2]
                    raise TemplateError(
                        f"Layers '{owner}' and '{layer.id}' both write '{target}'.",
                        f"If '{layer.id}' means it, list the path under `replaces` in its layer.toml.",
                    )
                del files[targets[target]]
            targets[target] = path
            files[path] = (content, mode, layer.id)
    return files
