"""`scaffold update`: the project as the installed version would make it, with every edit of its owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .change import LateInterruptError, change_project
from .listing import AsJson, TemplatesFolder, Trust
from .new import NEEDS_YOU
from .project_folder import DryRun, ProjectFolder, Yes, find_project
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from ..life.revision import Revision
    from ..life.undo import Unfinished

EXAMPLES = """\b
Examples:
  scaffold update --dry-run     what would happen
  scaffold update               show it, ask, and make it
  scaffold update --continue    after you settled what clashed
  scaffold update --abort       back to the byte, as it was before
  scaffold update --check       1 if there is something to update; for CI
"""
SCHEMA = "torch-scaffold/finish/1"


def update(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Say whether there is anything to update: exit code 1. Change nothing.")
    ] = False,
    continue_: Annotated[
        bool, typer.Option("--continue", help="Go on after conflicts are settled, or after a kill.")
    ] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Take back a change that is not finished.")] = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Change files although git has uncommitted changes.")
    ] = False,
    trust: Trust = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Bring a project to the installed version; edits stay.

    Files that you left as they were made are replaced; edits are merged, and where lines clash, both are there
    between markers. What you deleted stays deleted. It is all or nothing, and needs neither git nor the old version.
    """
    if check + continue_ + abort + dry_run > 1:
        raise UsageError("`--check`, `--continue`, `--abort` and `--dry-run` do not go together.", "Say one of them.")
    folder = find_project(project)
    if continue_ or abort:
        (_continue if continue_ else _abort)(folder, as_json=as_json)
        return

    def revise(folder: Path) -> Revision:
        return revised(folder, templates, trust=trust, asks=is_interactive() and not (yes or as_json))

    if check:
        from ..life.held import refuse_unfinished

        refuse_unfinished(folder)
        _check(revise(folder), as_json=as_json)
        return
    if not (dry_run or allow_dirty):
        _refuse_dirty(folder)
    change_project("update", folder, revise, dry_run=dry_run, yes=yes, as_json=as_json)


def revised(
    folder: Path,
    templates: Path | None,
    *,
    answers: Mapping[str, Any] | None = None,
    trust: bool = False,
    asks: bool = False,
) -> Revision:
    """The project as it would be made now of the answers that it has, and of new ones; see `scaffold.api.changes`."""
    from ..api import changes
    from ..life.record import recall
    from ..life.revision import look_at
    from .elsewhere import asked

    before = look_at(folder, recall(folder))
    agree = asked(before.record.origin.source, trust=trust, asks=asks)
    return changes(before, answers, templates=templates, trust=agree)


def _check(revision: Revision, *, as_json: bool) -> None:
    from .report import print_json
    from .revision_report import Report

    report = Report("update", revision, applied=False)
    if as_json:
        print_json(report.document())
    else:
        say(report.text())
    if not revision.outcome.is_empty:
        raise typer.Exit(NEEDS_YOU)


def _refuse_dirty(folder: Path) -> None:
    from .report import several
    from .work_tree import uncommitted

    if dirty := uncommitted(folder):
        raise UsageError(
            f"Git has uncommitted changes here: {several(dirty)}.",
            "Commit them, so that the update is a change of its own; or say `--allow-dirty`.",
        )


def _continue(folder: Path, *, as_json: bool) -> None:
    from ..life.apply import alone_in
    from ..life.held import FINISH
    from ..life.undo import forget
    from .report import count, several

    with alone_in(folder):
        has_happened, waiting = _half_done(folder, "There is nothing to go on with.")
        still = waiting.open_conflicts(folder) if waiting else []
        if still:
            _say(f"{count(len(still), 'file')} still in conflict: {several(still)}.\n{FINISH}", still, as_json=as_json)
            raise typer.Exit(NEEDS_YOU)
        forget(folder)
    _say("Done." if has_happened else "Nothing was changed: the change had not begun.", [], as_json=as_json)


def _abort(folder: Path, *, as_json: bool) -> None:
    from ..life.apply import alone_in
    from ..life.undo import take_back, unfinished

    with alone_in(folder):
        _, waiting = _half_done(folder, "There is no change to take back.")
        try:
            edited = take_back(waiting, folder) if waiting else {}
        except KeyboardInterrupt:
            if unfinished(folder) is not None:
                raise
            raise LateInterruptError("It is taken back: every file is as it was before.") from None
    lines = ["Taken back: every file is as it was before."]
    lines += [f"What you wrote since in '{path}' is kept in '{at}'." for path, at in edited.items()]
    _say("\n".join(lines), [], as_json=as_json)


def _half_done(folder: Path, nothing: str) -> tuple[bool, Unfinished | None]:
    """Whether the last change has happened by now, and what of it waits for its owner; `nothing` if there is none."""
    from ..life.apply import bring_to_an_end
    from ..life.undo import unfinished

    was_killed = bring_to_an_end(folder)
    waiting = unfinished(folder)
    if waiting is None and was_killed is None:
        raise UsageError(nothing, "`scaffold status` shows how the project stands.")
    return was_killed is not False, waiting


def _say(text: str, conflicts: Sequence[PurePosixPath], *, as_json: bool) -> None:
    from .report import print_json

    if as_json:
        print_json({"schema": SCHEMA, "message": text, "conflicts": [str(path) for path in conflicts]})
    else:
        say(text)
