"""`scaffold set`: other answers for a project that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .change import change_project
from .completion import complete_setting
from .listing import AsJson, TemplatesFolder
from .project_folder import DryRun, ProjectFolder, Yes, find_project

if TYPE_CHECKING:
    from ..life.revision import Revision

EXAMPLES = """\b
Examples:
  scaffold set dataset=imagefolder data_path=~/pictures/pets
  scaffold set loggers=csv,tensorboard --dry-run
"""


def set_answers(
    pairs: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help="Options and their new values.", autocompletion=complete_setting),
    ] = None,
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Change answers that a project was made of; edits stay.

    The project is made anew with them, and merged with what you have: as in `scaffold update`.
    """
    if not pairs:
        raise UsageError(
            "Nothing is given to set.", "Say `scaffold set KEY=VALUE`; `scaffold status --json` has the answers."
        )

    def revise(folder: Path) -> Revision:
        return _revised(folder, pairs, templates)

    change_project("set", find_project(project), revise, dry_run=dry_run, yes=yes, as_json=as_json)


def _revised(folder: Path, pairs: list[str], templates: Path | None) -> Revision:
    from ..life.record import recall, resolve_again
    from ..life.revision import look_at, revise
    from ..template.catalog import load_catalog
    from ..template.options import Said
    from .request import settings

    record = recall(folder)
    answers = {name: Said(text) for name, text in settings(pairs).items()}
    return revise(look_at(folder, record), resolve_again(record, load_catalog(templates), folder, answers=answers))
