"""`scaffold add` and `scaffold remove`: parts of a project, by their kind and name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .change import change_project
from .completion_of_projects import complete_kind, complete_name
from .listing import AsJson, TemplatesFolder
from .project_folder import DryRun, ProjectFolder, Yes, find_project
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from ..life.additions import Addition, Asked
    from ..life.record import Record
    from ..life.revision import InProject, Revision
    from ..template.resolution import Resolution

SCHEMA = "torch-scaffold/additions/1"
ADD_EXAMPLES = """\b
Examples:
  scaffold add                       ask; without a terminal, list what there is
  scaffold add logger tensorboard
  scaffold add metric                list the metrics
  scaffold add metric SSIM           a module of the runtime, with those that it needs
  scaffold add template-file src/digits/optim.py
"""
REMOVE_EXAMPLES = """\b
Examples:
  scaffold remove logger tensorboard
  scaffold remove metric SSIM
"""

Kind = Annotated[
    str | None,
    typer.Argument(
        metavar="KIND",
        help="Such as logger, metric, handler, backend, extra, template-file.",
        autocompletion=complete_kind,
    ),
]
Name = Annotated[str | None, typer.Argument(metavar="NAME", help="What it is called.", autocompletion=complete_name)]
ToAsk = Callable[["Addition", "Resolution", "Record"], "Asked"]


def add(
    kind: Kind = None,
    name: Name = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Add a part, such as a logger, or a file that you deleted.

    It comes with its files, modules, dependencies, flags and wiring. What is there already is not added again.
    Files that you edited are merged, as in `scaffold update`. A `template-file` is one that the templates make and
    that you deleted: it comes back as it would be made now.
    """
    from ..life.additions import additions, with_addition

    folder = find_project(project)
    if kind is None or name is None:
        with _resolved(folder, templates) as (before, resolution):
            known = additions(resolution, before)
        if as_json or not is_interactive() or dry_run:
            _list(known, kind, as_json=as_json)
            return
        kind, name = _ask(known, kind)
    _change("add", folder, (kind, name), with_addition, (dry_run, yes, as_json), templates)


def remove(
    kind: Kind = None,
    name: Name = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Take a part away again.

    What it brought goes; files that you edited stay, and are listed.
    """
    from ..life.additions import without_addition

    if kind is None or name is None:
        raise UsageError(
            "What is to be removed is not said.", "Say `scaffold remove KIND NAME`; `scaffold add` shows them."
        )
    _change("remove", find_project(project), (kind, name), without_addition, (dry_run, yes, as_json), templates)


def _change(
    command: str,
    folder: Path,
    what: tuple[str, str],
    ask: ToAsk,
    flags: tuple[bool, bool, bool],
    templates: Path | None,
) -> None:
    from ..api import changes
    from ..life.additions import find_addition
    from ..life.revision import as_if_never_made

    found: list[Addition] = []

    def revised(folder: Path) -> Revision:
        with _resolved(folder, templates) as (before, resolution):
            found.append(find_addition(*what, resolution, before))
            asked = ask(found[-1], resolution, before.record)
            before = as_if_never_made(before, asked.files)
            return changes(before, asked.answers, added=asked.added, templates=resolution.catalog)

    def use() -> str:
        module = found[-1].module
        return f"Use it: from .runtime.{module.partition('.')[0]} import {found[-1].name}" if module else ""

    dry_run, yes, as_json = flags
    note = use if command == "add" else None
    change_project(command, folder, revised, dry_run=dry_run, yes=yes, as_json=as_json, note=note)


@contextmanager
def _resolved(folder: Path, templates: Path | None) -> Generator[tuple[InProject, Resolution]]:
    """What is in the project, and what follows today from what it was made of, as long as its templates are here."""
    from ..life.record import recall
    from ..life.revision import look_at
    from .elsewhere import resolved_by_layers

    before = look_at(folder, recall(folder))
    with resolved_by_layers(before.record, templates, folder) as resolution:
        yield before, resolution


def _list(known: Sequence[Addition], kind: str | None, *, as_json: bool) -> None:
    from ..errors import unknown
    from ..life.additions import FILE, explained
    from .report import definitions, print_json
    from .terminal import fold, paint

    kinds = dict.fromkeys(each.kind for each in known)
    if kind == FILE and kind not in kinds and not as_json:
        say("No file of the templates is missing.")
        return
    if kind not in (None, FILE, *kinds):
        raise unknown("kind of addition", kind, kinds, listing=f"It is one of {', '.join(kinds)}.")
    if as_json:
        rows = [
            {"kind": each.kind, "name": each.name, "help": explained(each), "there": each.is_there}
            for each in known
            if kind in (None, each.kind)
        ]
        print_json({"schema": SCHEMA, "additions": rows})
        return
    for each in [kind] if kind else kinds:
        items = [item for item in known if item.kind == each]
        rows = [(item.name, explained(item) + (" (there)" if item.is_there else "")) for item in items]
        say(f"{paint(each, 'bold')}\n{definitions(rows, indent=2)}\n")
    say(fold("`scaffold add KIND NAME` adds one."))


def _ask(known: Sequence[Addition], kind: str | None) -> tuple[str, str]:
    """Asks for what is not said; what is there already is not offered."""
    from ..life.additions import explained
    from .questions import ask_one

    offered = [each for each in known if not each.is_there]
    kinds = {each.kind: f"{sum(other.kind == each.kind for other in offered)} to choose from" for each in offered}
    if kind is None:
        kind = ask_one("Kind", list(kinds.items()), help="What to add.", default=next(iter(kinds)))
    rows = [(each.name, explained(each)) for each in offered if each.kind == kind]
    if not rows:
        raise UsageError(f"There is no {kind} to add.", "`scaffold add` shows what there is.")
    return kind, ask_one(kind.capitalize(), rows, help="Which one.", default=rows[0][0])
