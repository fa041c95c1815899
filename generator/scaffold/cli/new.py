"""`scaffold new`: a project, by flags, by answers, or by both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ScaffoldError, UsageError
from .completion import complete_backend, complete_logger, complete_preset, complete_setting, complete_template
from .listing import AsJson, TemplatesFolder, Trust
from .terminal import fold, is_interactive, say

if TYPE_CHECKING:
    from ..build.project import Project
    from ..life.theirs import Settled
    from .repository import Repository
    from .request import Offers, Request
    from .result import Result

NEEDS_YOU = 1
"""The exit code of a command that has done all but what its user has to help with."""
EXAMPLES = """\b
Examples:
  scaffold new
      Ask for everything.
  scaffold new my-project --template vision-classification --yes
      Ask for nothing: what is not given takes its default.
  scaffold new my-project --template vision-classification \\
      --backend gloo --logger tensorboard --set dataset=cifar10 --git
      Ask for what is left.
  scaffold new pets --data ~/pictures/pets
      Look at images, tables or texts of your own, and choose what fits them.
  scaffold new . --template vision-classification --yes
      Fill the current folder; .git, README, LICENSE, .gitignore may be there.
  scaffold new --template vision-classification --name trial --dry-run
      Show the files; write nothing.
"""


class LateInterruptError(ScaffoldError):
    """Ctrl-C when the project was written already."""

    exit_code = 130

    def __init__(self, directory: Path) -> None:
        super().__init__("Interrupted, too late.", f"The project is at '{directory}'; remove it, or keep it.")


def new(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIRECTORY", help="Where the project goes; a folder of its name if not given."),
    ] = None,
    *,
    template: Annotated[
        str | None,
        typer.Option(
            *("--template", "-t"),
            metavar="NAME",
            help="What to make; see `scaffold list`. Or a place: gh:org/repo, a git URL, a zip, a folder.",
            autocompletion=complete_template,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The project's name; the directory's if not given.")
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            metavar="NAME",
            help="How processes may talk; the first is the default. Repeatable.",
            autocompletion=complete_backend,
        ),
    ] = None,
    logger: Annotated[
        list[str] | None,
        typer.Option(
            "--logger",
            metavar="NAME",
            help="A tracker beside history.csv. Repeatable.",
            autocompletion=complete_logger,
        ),
    ] = None,
    git: Annotated[
        bool | None, typer.Option("--git/--no-git", help="Start a repository with a first commit, or do not.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any option of the template. Repeatable.",
            autocompletion=complete_setting,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="PATH", help="Your own data: they choose the template and what fits them."),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="Read answers from TOML or JSON; flags win.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="Answers by a name: minimal, research, production, or one of yours.",
            autocompletion=complete_preset,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: what is not given takes its default.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Offer the template's own defaults, not what you answered last.")
    ] = False,
    trust: Trust = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the files and their sizes; write nothing.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would change in the directory, line by line; write nothing.")
    ] = False,
    view: Annotated[
        str | None, typer.Option("--view", metavar="FILE", help="Show one file as it would be; write nothing.")
    ] = None,
    as_json: AsJson = False,
    templates: TemplatesFolder = None,
) -> None:
    """Write a new project.

    On a terminal, what is not given is asked for - your last answers are offered again, Escape goes back a question -
    and a summary lets you change every answer before anything is written. Elsewhere, and with --yes or --json, nothing
    is ever asked.
    """
    from ..foreign.templates import open_templates
    from .answers_file import Answers, read_answers
    from .elsewhere import asked, cookiecutter_request
    from .last_answers import LastAnswers, keep_last_answers, read_last_answers
    from .own_data import found
    from .presets import read_preset
    from .report import print_json
    from .request import Flags, read_request, settings
    from .suggestions import suggestions

    dry_run = dry_run or diff or view is not None
    own = {flag: words for flag, words in (("backend", backend), ("logger", logger)) if words}
    file, named = read_answers(answers) if answers else Answers(), read_preset(preset) if preset else Answers()
    file = file.over(named)
    asks = is_interactive() and not (yes or as_json)
    place = template if template is not None else file.source
    with open_templates(place, templates, asked(place, trust=trust, asks=asks)) as there:
        last = read_last_answers() if asks and not fresh else LastAnswers()
        flags = Flags(
            *(directory, there.template, name, git, settings(set_ or []), own, file, named.answers, data),
            suggested=suggestions(directory or Path()),
            last=last,
        )
        if there.place is not None and there.place.cookiecutter is not None:
            request, offers = cookiecutter_request(there.place, flags), dict[str, Any]()
        else:
            request, offers = read_request(there.catalog, flags, asks=asks)
        if request.finding is not None and not as_json:
            say(found(data, request.finding) + "\n")
        request = _ask(offers, request, dry_run=dry_run) if asks else request
        _check_decided(offers, request)
        result = _make(request, dry_run=dry_run, templates=templates)
        if asks and offers and not dry_run and request.resolution is not None:  # cookiecutter keeps its own
            keep_last_answers(request.resolution, git=request.git, suggested=request.suggested)
    if diff or view is not None:
        say(_preview(result, view))
    elif as_json:
        print_json(result.document())
    else:
        say(result.text())
    if result.repository is not None and not result.repository.is_complete:
        raise typer.Exit(NEEDS_YOU)


def _preview(result: Result, view: str | None) -> str:
    from .preview import difference, viewed

    if view is not None:
        return viewed(result.project, view).removesuffix("\n")
    return difference(result.project, result.directory).removesuffix("\n")


def _ask(offers: Offers, request: Request, *, dry_run: bool) -> Request:
    from .dialogue import Dialogue

    if any(request.last.of(offer) for offer in offers.values()):
        say(fold("What you answered last is offered again; `--fresh` leaves that out."))
    request = Dialogue(offers, dry_run=dry_run).complete(request)
    say()  # between the answers and the report
    return request


def _check_decided(offers: Offers, request: Request) -> None:
    """There is no project without a template and a name."""
    if request.resolution is None:
        places = [request.catalog.places.get(name, name) for name in offers]
        listing = f"There are {', '.join(places)}." if request.catalog.places else "`scaffold list` shows all of them."
        raise UsageError(
            "A template is needed, and none is given.",
            f"Say `--template {places[0]}`, for example. {listing}",
        )
    if request.name is None:
        raise UsageError("A name is needed, and none is given.", "Say `--name my-project`, or give a DIRECTORY.")


def _make(request: Request, *, dry_run: bool, templates: Path | None) -> Result:
    """Makes the project and, unless it is only to be shown, writes it."""
    from ..api import render
    from ..life.theirs import settle
    from .repository import require_git
    from .result import Result, command

    assert request.resolution is not None
    assert request.name is not None
    target, git = request.target(), bool(request.git)
    if git and not dry_run:
        require_git()
    project = render(request.resolution, request.name)
    settled, repository = (settle(project.files, target), None) if dry_run else _write(project, target, git=git)
    return Result(
        project=project,
        directory=target,
        git=git,
        written=not dry_run,
        kept=settled.kept,
        joined=settled.joined,
        repository=repository,
        finding=request.finding,
        command=command(request, project, templates=templates),
    )


def _write(project: Project, target: Path, *, git: bool) -> tuple[Settled, Repository | None]:
    """Writes the project; what stayed of the owner's, and what came of a wish for a repository."""
    from ..api import write
    from .repository import Repository, start_repository

    made: list[Repository] = []

    def prepare(folder: Path) -> None:
        made.append(start_repository(folder, target=target))

    try:
        settled = write(project, target, prepare=prepare if git else None)
    except KeyboardInterrupt:
        if (target / ".scaffold/project.toml").exists():  # a project appears whole, so it is there
            raise LateInterruptError(target) from None
        raise
    if git and not made:
        return settled, Repository("The git repository is the one of a run that was killed.", True)
    return settled, made[0] if made else None
