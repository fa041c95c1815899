"""`scaffold show TEMPLATE`: what a template makes, asks and needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .completion import complete_template
from .listing import AsJson, TemplatesFolder

if TYPE_CHECKING:
    from ..build.project import Project
    from ..template.layer import Layer
    from ..template.options import Option
    from ..template.reachable import ReachableLayer

SCHEMA = "torch-scaffold/show/1"
EXAMPLE_NAME = "my-project"
OPEN_DEPTH = 3
"""Folders at this depth are counted instead of opened: the copied runtime is long."""


def show(
    template: Annotated[
        str,
        typer.Argument(
            metavar="TEMPLATE", help="One of those that `scaffold list` shows.", autocompletion=complete_template
        ),
    ],
    *,
    as_json: AsJson = False,
    templates: TemplatesFolder = None,
) -> None:
    """Show what a template makes, its options and its dependencies."""
    from ..api import plan, render
    from ..template.catalog import load_catalog
    from ..template.reachable import reachable_layers
    from .report import print_json
    from .terminal import say

    catalog = load_catalog(templates)
    layer = catalog.template(template)
    project = render(plan(layer.id, templates=catalog), EXAMPLE_NAME)
    reached = reachable_layers(catalog, layer.id)
    if as_json:
        print_json(_document(layer, project, reached))
    else:
        say(_text(layer, project, reached))


def _text(layer: Layer, project: Project, reached: Sequence[ReachableLayer]) -> str:
    from .report import count, definitions, paragraph, size, tree
    from .terminal import paint

    sizes = {str(path): len(file.content) for path, file in project.files.items()}
    made = f"{count(len(sizes), 'file')}, {size(sum(sizes.values()))}"
    parts = [
        f"{paint(layer.id, 'bold')}\n{paragraph(layer.help)}",
        paragraph(layer.description) if layer.description else "",
        *(_option_text(option) for each in reached for option in each.layer.options),
        paint("Dependencies", "bold") + "\n" + definitions(_dependency_rows(reached), indent=2),
        paint(f"Files with the defaults ({made})", "bold") + "\n" + tree(sizes, deepest=OPEN_DEPTH, indent=2),
        f"Start: scaffold new {EXAMPLE_NAME} --template {layer.id}",
    ]
    return "\n\n".join(filter(None, parts))


def _option_text(option: Option) -> str:
    from .report import definitions, paragraph, shown
    from .terminal import paint

    condition = f" Only if {option.when}." if option.when else ""
    head = paint(_flag(option), "bold") + "\n"
    help_text = paragraph(f"{option.help}{condition} Default: {shown(option.default)}.", indent=2)
    choices = definitions([(choice.name, choice.help) for choice in option.choices], indent=4)
    return head + help_text + ("\n" + choices if option.choices else "")


def _flag(option: Option) -> str:
    """How a command sets the option."""
    if option.flag is None:
        return f"--set {option.name}=..."
    return f"--{option.flag} NAME" + (" (repeatable)" if option.kind == "multi-choice" else "")


def _dependency_rows(reached: Sequence[ReachableLayer]) -> list[tuple[str, str]]:
    """Requirements by what brings them: always, a choice, working on the project."""
    rows: dict[str, list[str]] = {}
    for choice, kind, requirement in _requirements(reached):
        where = "always" if choice is None else choice
        rows.setdefault(where if kind == "runtime" else f"{where} ({kind})", []).append(requirement)
    return [(where, ", ".join(sorted(set(words), key=str.lower))) for where, words in rows.items()]


def _requirements(reached: Sequence[ReachableLayer]) -> Iterator[tuple[str | None, str, str]]:
    """Every requirement, with the choice that brings it and its kind: `runtime`, `dev` or an optional group."""
    for each in reached:
        choices = [
            (f"{option.name}={choice.name}", choice.adds) for option in each.layer.options for choice in option.choices
        ]
        for brought_by, adds in [(each.choice, each.layer.adds), *choices]:
            for kind, requirements in (*adds.requirements.items(), *adds.extras.items()):
                yield from ((brought_by, kind, requirement) for requirement in requirements)


def _document(layer: Layer, project: Project, reached: Sequence[ReachableLayer]) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "name": layer.id,
        "help": layer.help,
        "description": layer.description,
        "options": [_option_document(option, each) for each in reached for option in each.layer.options],
        "dependencies": [
            {"choice": choice, "kind": kind, "requirement": requirement}
            for choice, kind, requirement in _requirements(reached)
        ],
        "files": [
            {"path": str(path), "size": len(file.content), "layer": file.layer} for path, file in project.files.items()
        ],
    }


def _option_document(option: Option, reached: ReachableLayer) -> dict[str, Any]:
    return {
        "name": option.name,
        "kind": option.kind,
        "default": option.default,
        "help": option.help,
        "when": option.when,
        "ask": option.ask,
        "choice": reached.choice,
        "choices": [{"name": choice.name, "help": choice.help} for choice in option.choices],
    }
