"""Turns a plan into files: `*.jinja` is rendered, the rest is copied byte for byte."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from types import CodeType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from ..errors import TemplateError
from ..template.catalog import Catalog
from ..template.layer import without_jinja
from ..template.resolution import Resolution
from ..template.resolve import names_read
from .names import ProjectName
from .plan import Plan, make_plan
from .project import ProjectFile
from .spelling import python_literal, toml_literal

Files = dict[PurePosixPath, ProjectFile]

PACKAGE_FOLDER = "project_name"
"""A folder of this name is renamed to the project's package."""


def render(resolution: Resolution, name: ProjectName) -> Files:
    """The files of a project's layers, by their path in the project, as their layers write them.

    Raises:
        UsageError: what was chosen does not go together, or not with the name.
        TemplateError: a template uses what is not there, or nobody reads an option or a slot.
    """
    plan = make_plan(resolution, name)
    renderer = _Renderer(plan)
    files: Files = {}
    for path, (content, mode, layer) in plan.files.items():
        source = f"{layer}/files/{path}"
        if path.suffix == ".jinja":
            content = renderer.render_file(content, source)
        target = without_jinja(path)
        parts = [plan.name.package if part == PACKAGE_FOLDER else part for part in target.parts]
        files[PurePosixPath(*parts)] = ProjectFile(content, mode, layer, source)
    renderer.check_all_read()
    return files


_ENVIRONMENT = SandboxedEnvironment(
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,
)
_ENVIRONMENT.filters.update(literal=python_literal, toml=toml_literal)


@dataclass(frozen=True)
class _Program:
    """A template's text, compiled, and what it reads."""

    code: CodeType
    variables: frozenset[str]
    slots: frozenset[str]
    values: frozenset[str]


@cache  # a change renders a project more than once, a matrix hundreds of them: their templates are the same
def _compiled(text: str, source: str) -> _Program:
    tree = _ENVIRONMENT.parse(text)
    variables = frozenset(meta.find_undeclared_variables(tree))
    slots, values = (_members_read(tree, table) for table in ("slots", "values"))
    return _Program(_ENVIRONMENT.compile(tree, filename=source), variables, slots, values)


class _Renderer:
    """Renders texts in the plan's context, and remembers which options and slots they read."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._read: set[str] = set()
        self._slots_read: set[str] = set()
        self._values_read: set[str] = set()
        self._context: dict[str, Any] = {
            "project_name": plan.name.project,
            "package_name": plan.name.package,
            "template": plan.resolution.template,
            "layers": [layer.id for layer in plan.resolution.layers],
            "dependencies": plan.dependencies,
            **plan.resolution.values,
        }
        slots = _Slots(plan.resolution.catalog)
        for name, entries in plan.slots.items():
            slots[name] = [self._render_entry(entry, f"slot '{name}'") for entry in entries]
        self._context["slots"] = slots
        self._context["values"] = {
            name: self._render(value, f"value '{name}'") if isinstance(value, str) else value
            for name, value in plan.values.items()
        }

    def render_file(self, content: bytes, source: str) -> bytes:
        """A file with its placeholders filled in; `source` is named in errors."""
        try:
            return self._render(content.decode(), f"'{source}'").encode()
        except UnicodeDecodeError:
            raise TemplateError(f"'{source}' is not UTF-8.", "Save it as UTF-8, or do not render it.") from None

    def check_all_read(self) -> None:
        """Refuses an option that changes nothing, and a slot that is filled in vain."""
        self._check_options()
        for slot, entries in self._plan.slots.items():
            if entries and slot not in self._slots_read:
                raise TemplateError(
                    f"Nothing reads the slot '{slot}' that layers of '{self._plan.resolution.template}' fill.",
                    f"Write `{{% for entry in slots.{slot} %}}` in a `*.jinja` file, or do not fill it.",
                )

        for value in self._plan.values:
            if value not in self._values_read:
                raise TemplateError(
                    f"Nothing reads the value '{value}' that layers of '{self._plan.resolution.template}' set.",
                    f"Write `{{{{ values.{value} }}}}` in a `*.jinja` file, or do not set it.",
                )

    def _check_options(self) -> None:
        options = self._plan.resolution.options
        read = self._read.union(*(names_read(option.when) for option in options if option.when))
        for option in options:
            switches = option.layers or any(choice.layers or choice.adds for choice in option.choices)
            if not switches and option.name not in read:
                raise TemplateError(
                    f"Nothing reads the option '{option.name}' of '{self._plan.resolution.template}'.",
                    "Use it in a `*.jinja` file, a slot or a `when`, let it switch on a layer, or remove it.",
                )

    def _render_entry(self, entry: str | Mapping[str, str], source: str) -> str | dict[str, str]:
        if isinstance(entry, str):
            return self._render(entry, source)
        return {key: self._render(value, source) for key, value in entry.items()}

    def _render(self, text: str, source: str) -> str:
        if "{" not in text:
            return text
        try:
            program = _compiled(text, source)
            self._read |= program.variables
            self._slots_read |= program.slots
            self._values_read |= program.values
            return Template.from_code(_ENVIRONMENT, program.code, {}).render(self._context)
        except TemplateSyntaxError as error:
            raise TemplateError(f"{source}, line {error.lineno}: {error.message}.", "Mend the template.") from None
        except Exception as error:  # an expression of the template's author may raise anything
            place = f"{source}{_line(error, source)}"
            raise TemplateError(f"{place}: {_sentence(error)}", self._advice(error)) from None

    def _advice(self, error: Exception) -> str:
        if isinstance(error, UndefinedError):
            return f"There are {', '.join(sorted(self._context))}."
        return "Mend the template."


class _Slots(dict[str, list[Any]]):
    """The lists by their names; one that only layers fill which are not there is empty, any other is unknown."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog

    def __missing__(self, name: str) -> list[Any]:
        if not self._catalog.could_fill(name):
            raise UndefinedError(f"no layer fills a slot '{name}'")
        return self.setdefault(name, [])


def _members_read(tree: nodes.Template, table: str) -> frozenset[str]:
    """The names that it reads as `table.name` or `table["name"]`."""
    found = [(each.node, each.attr) for each in tree.find_all(nodes.Getattr)]
    found += [(each.node, each.arg.value) for each in tree.find_all(nodes.Getitem) if isinstance(each.arg, nodes.Const)]
    return frozenset(name for owner, name in found if isinstance(owner, nodes.Name) and owner.name == table)


def _line(error: Exception, source: str) -> str:
    """Where in the template it happened; Jinja gives its frames the template's lines."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == source]
    return f", line {lines[-1]}" if lines else ""


def _sentence(error: Exception) -> str:
    return f"{str(error).removesuffix('.') or type(error).__name__}."
