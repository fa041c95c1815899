"""Turns a plan into files: `*.jinja` is rendered, the rest is copied byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, cast

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import SandboxedEnvironment

from .errors import TemplateError
from .plan import Plan
from .project import ProjectFile

Files = dict[PurePosixPath, ProjectFile]

PACKAGE_FOLDER = "project_name"
"""A folder of this name is renamed to the project's package."""


def render(plan: Plan) -> Files:
    """The files of the plan's layers, by their path in the project.

    Raises:
        TemplateError: a template uses what is not there, nobody reads an option, or a path leads outside.
    """
    renderer = _Renderer(plan)
    files: Files = {}
    for path, (content, mode, layer) in plan.files.items():
        target = _target(path, plan.name.package)
        if path.suffix == ".jinja":
            content = renderer.render(content.decode(), f"{layer}/files/{path}").encode()
        files[target] = ProjectFile(content, mode, layer)
    renderer.check_all_read()
    return files


class _Renderer:
    """Renders texts in the plan's context, and remembers which options they read."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._environment = SandboxedEnvironment(
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
        )
        self._read: set[str] = set()
        self._context: dict[str, Any] = {
            "project_name": plan.name.project,
            "package_name": plan.name.package,
            "template": plan.template,
            "layers": [layer.id for layer in plan.decisions.layers],
            "dependencies": plan.dependencies,
            **plan.decisions.values,
        }
        self._context["slots"] = {
            name: [self._render_entry(entry, f"slot '{name}'") for entry in entries]
            for name, entries in plan.slots.items()
        }

    def render(self, text: str, source: str) -> str:
        """The text with its placeholders filled in; `source` is named in errors."""
        if "{" not in text:
            return text
        try:
            self._read |= meta.find_undeclared_variables(self._environment.parse(text))
            return self._environment.from_string(text).render(self._context)
        except TemplateSyntaxError as error:
            raise TemplateError(f"'{source}', line {error.lineno}: {error.message}") from None
        except UndefinedError as error:
            raise TemplateError(
                f"'{source}': {error.message}.", f"There are {', '.join(sorted(self._context))}."
            ) from None
        except JinjaError as error:
            raise TemplateError(f"'{source}': {error.message}") from None

    def check_all_read(self) -> None:
        """Refuses an option that changes nothing."""
        options = self._plan.decisions.options
        asked_in_when = " ".join(option.when or "" for option in options)
        for option in options:
            switches = option.layers or any(choice.layers for choice in option.choices)
            if not switches and option.name not in self._read and option.name not in asked_in_when.split():
                raise TemplateError(
                    f"Nothing reads the option '{option.name}' of '{self._plan.template}'.",
                    "Use it in a `*.jinja` file, a slot or a `when`, let it switch on a layer, or remove it.",
                )

    def _render_entry(self, entry: Any, source: str) -> Any:
        if isinstance(entry, str):
            return self.render(entry, source)
        if isinstance(entry, Mapping):
            table = cast("Mapping[str, str]", entry)
            return {key: self.render(value, source) for key, value in table.items()}
        raise TemplateError(f"{source}: an entry is a text or a table of texts, got {entry!r}.")


def _target(path: PurePosixPath, package: str) -> PurePosixPath:
    """Where a file of a template goes."""
    if path.is_absolute() or ".." in path.parts:
        raise TemplateError(f"'{path}' leads out of the project.", "A layer writes below its own folder only.")
    parts = list(_renamed(path.parts, package))
    if path.suffix == ".jinja":
        parts[-1] = parts[-1].removesuffix(".jinja")
    return PurePosixPath(*parts)


def _renamed(parts: tuple[str, ...], package: str) -> Iterator[str]:
    for part in parts:
        yield package if part == PACKAGE_FOLDER else part
