"""`scaffold list`: the templates there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TemplatesFolder = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Use the templates in DIR, not the built-in ones."),
]
SCHEMA = "torch-scaffold/list/1"
Trust = Annotated[bool, typer.Option("--trust", help="Let a template of cookiecutter's run its code on this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def list_templates(*, templates: TemplatesFolder = None, as_json: AsJson = False) -> None:
    """List the templates, each with a line on what it makes."""
    from ..template.catalog import load_catalog
    from .report import definitions, print_json
    from .terminal import fold, say

    found = load_catalog(templates).templates()
    if as_json:
        print_json({"schema": SCHEMA, "templates": [{"name": layer.id, "help": layer.help} for layer in found]})
        return
    say(definitions([(layer.id, layer.help) for layer in found]))
    say("\n" + fold("`scaffold show TEMPLATE` tells more about one."))
    say(fold("`scaffold new --template TEMPLATE` starts with it."))
