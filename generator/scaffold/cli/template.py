"""`scaffold template`: for authors of templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .listing import AsJson
from .new import NEEDS_YOU
from .plain_command import PlainCommand
from .terminal import say

if TYPE_CHECKING:
    from ..author.check import Checked, Fault

SCHEMA = "torch-scaffold/template-check/1"
NEW_SCHEMA = "torch-scaffold/template-new/1"
EXAMPLES = """\b
Examples:
  scaffold template new my-template
  scaffold template check my-template
  scaffold template check my-templates --types .venv/bin/python
"""

app = typer.Typer(rich_markup_mode=None, help="Start a template, or look at one that is there.", no_args_is_help=True)


@app.command("check", epilog=EXAMPLES, cls=PlainCommand)
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A template, or a folder of them.")],
    *,
    types: Annotated[
        str | None,
        typer.Option(
            "--types", metavar="PYTHON", help="Check types too, by an interpreter that has what the projects need."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Render every combination of a template's options, and look at all of it.

    Code that is not clean, delimiters that are left over, and files, layers, options and slots that nothing uses are
    told. Exit code 1 says that there is something to mend.
    """
    from ..author.check import check_template, unused
    from ..foreign.opening import catalog_at
    from .report import print_json
    from .terminal import progress

    catalog = catalog_at(folder.resolve(), str(folder))
    with progress("Checking") as tick:
        checked = [check_template(catalog, layer.id, tick) for layer in catalog.templates()]
        faults = [fault for each in checked for fault in each.faults] + list(unused(catalog, checked))
        if types is not None:
            from ..author.types import check_types

            tick("types")
            faults += [fault for each in checked for fault in check_types(catalog, each.template, types)]
    if as_json:
        print_json(_document(checked, faults))
    else:
        say(_text(checked, faults))
    if faults:
        raise typer.Exit(NEEDS_YOU)


@app.command("new", epilog=EXAMPLES, cls=PlainCommand)
def new_template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The template's folder, which is made.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write a template that trains as it is, to start from."""
    import shlex

    from ..author.start import start_template
    from .report import print_json
    from .terminal import paint

    files = start_template(folder)
    place = shlex.quote(str(folder) if folder.is_absolute() else f"./{folder}")
    steps = [f"scaffold template check {place}", f"scaffold new my-project --template {place}"]
    if as_json:
        print_json({"schema": NEW_SCHEMA, "directory": str(folder), "files": files, "next_steps": steps})
        return
    lines = [paint(f"Wrote '{folder}': {', '.join(files)}.", "green"), "", paint("Next", "bold")]
    say("\n".join([*lines, *(f"  {step}" for step in steps)]))


def _document(checked: Sequence[Checked], faults: Sequence[Fault]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "templates": [
            {"name": each.template, "projects": each.count, "files": sum(map(len, each.versions.values()))}
            for each in checked
        ],
        "faults": [{"kind": each.kind, "message": each.message, "answers": each.answers} for each in faults],
    }


def _text(checked: Sequence[Checked], faults: Sequence[Fault]) -> str:
    from .report import count
    from .terminal import fold, paint

    lines = [
        f"{paint(each.template, 'bold')}: {count(each.count, 'project')}, "
        f"{count(sum(map(len, each.versions.values())), 'file')} that differ."
        for each in checked
    ]
    for fault in faults:
        lines.append(paint(f"{fault.kind:<9}", "red") + fold(" " * 9 + fault.message, indent=9)[9:])
        lines += [" " * 9 + f"with {_said(fault.answers)}"] if fault.answers else []
    return "\n".join([*lines, f"{count(len(faults), 'thing')} to mend." if faults else "Nothing to mend."])


def _said(answers: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in answers.items())
