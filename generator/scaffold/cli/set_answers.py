"""`scaffold set`: other answers for a project that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .change import change_project
from .completion import complete_setting
from .listing import AsJson, TemplatesFolder, Trust
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
    trust: Trust = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Change answers that a project was made of; edits stay.

    The project is made anew with them, and merged with what you have: as in `scaffold update`.
    """
    from ..template.options import Said
    from .request import settings
    from .suggestions import suggestions
    from .update import revised

    if not pairs:
        raise UsageError(
            "Nothing is given to set.", "Say `scaffold set KEY=VALUE`; `scaffold status --json` has the answers."
        )

    def revise(folder: Path) -> Revision:
        answers = {name: Said(text) for name, text in settings(pairs).items()}
        revision = revised(folder, templates, answers=answers, trust=trust)
        known = {**revision.before.record.origin.answers, **answers}
        if "year" not in revision.project.answers or "year" in known:
            return revision
        year = suggestions(folder)["year"]  # of a licence that came only now
        return revised(folder, templates, answers={**answers, "year": year}, trust=trust)

    change_project("set", find_project(project), revise, dry_run=dry_run, yes=yes, as_json=as_json)
