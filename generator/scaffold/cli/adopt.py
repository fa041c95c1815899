"""`scaffold adopt`: takes in a project whose record was lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .completion import complete_setting, complete_template
from .listing import AsJson, TemplatesFolder
from .project_folder import DryRun, ProjectFolder, Yes
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from ..life.adopt import Adoption

SCHEMA = "torch-scaffold/adoption/1"
EXAMPLES = """\b
Examples:
  scaffold adopt                    find out what the project here was made of
  scaffold adopt --template vision-classification --set dataset=cifar10
"""


def adopt(
    *,
    template: Annotated[
        str | None,
        typer.Option(
            *("--template", "-t"), metavar="NAME", help="Its template, if known.", autocompletion=complete_template
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="An answer that is known. Repeatable.", autocompletion=complete_setting
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Take in a project whose `.scaffold/` was lost.

    Its files are matched against the templates; whatever differs from what would be made now counts as your edit.
    Only the record is written.
    """
    from ..life.adopt import adopt as write
    from ..life.adopt import recognise
    from ..life.apply import alone_in
    from ..template.catalog import load_catalog
    from ..template.options import Said
    from .report import print_json
    from .request import settings

    folder = project or Path()
    _refuse_known(folder)
    answers = {name: Said(text) for name, text in settings(set_ or []).items()}
    with alone_in(folder):
        adoption = recognise(folder, load_catalog(templates), template=template, answers=answers)
        if not dry_run:
            if is_interactive() and not (yes or as_json):
                _confirm(adoption)
            write(adoption, folder)
    if as_json:
        print_json(_document(adoption, folder, written=not dry_run))
    else:
        say(_text(adoption, written=not dry_run))


def _refuse_known(folder: Path) -> None:
    from ..life.record import recall

    if not folder.is_dir():
        raise UsageError(f"There is no folder '{folder}'.", "Say `--project DIR`, or go to the project.")
    if (folder / ".scaffold/project.toml").exists():
        recall(folder)  # what is damaged says so itself, and is not overwritten
        raise UsageError(f"'{folder}' is a project that is known already.", "`scaffold status` shows how it stands.")


def _text(adoption: Adoption, *, written: bool) -> str:
    from .report import definitions, shown
    from .terminal import fold, paint

    origin = adoption.project.origin
    verb = "Took in" if written else "Would take in"
    line = fold(f"{verb} '{origin.name.project}' as {origin.template}: {adoption.likeness:.0%} of its lines are there.")
    rows = [(name, shown(value)) for name, value in origin.answers.items()]
    end = fold("`scaffold diff` shows what counts as yours; `scaffold set` mends an answer.")
    return "\n".join([paint(line, "green") if written else line, definitions(rows, indent=2), end])


def _confirm(adoption: Adoption) -> None:
    from .questions import ask_yes_no

    say(_text(adoption, written=False) + "\n")
    if not ask_yes_no("Take it in", help="Only its record is written.", default=True):
        raise KeyboardInterrupt


def _document(adoption: Adoption, folder: Path, *, written: bool) -> dict[str, object]:
    origin = adoption.project.origin
    return {
        "schema": SCHEMA,
        "project": str(folder),
        "written": written,
        "name": origin.name.project,
        "template": origin.template,
        "answers": dict(origin.answers),
        "likeness": round(adoption.likeness, 4),
    }
