"""What the commands that change a project share: preview, question, change, report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import ScaffoldError
from .new import NEEDS_YOU
from .terminal import is_interactive, say

if TYPE_CHECKING:
    from ..life.revision import Revision


class LateInterruptError(ScaffoldError):
    """Ctrl-C when a change had begun."""

    exit_code = 130

    def __init__(self, hint: str) -> None:
        super().__init__("Interrupted, too late.", hint)


Revise = Callable[[Path], "Revision"]


def change_project(
    command: str,
    folder: Path,
    revise: Revise,
    *,
    dry_run: bool = False,
    yes: bool = False,
    as_json: bool = False,
    note: Callable[[], str] | None = None,
) -> None:
    """Shows what a change would do, asks on a terminal, makes it, and says what was done.

    Args:
        command: its name.
        folder: the project's.
        revise: what it would make of the project; nothing changes between that and the change.
        dry_run: whether to show only.
        yes: whether to ask nothing.
        as_json: whether a program reads the report.
        note: what a person is told after the change, or nothing.

    Raises:
        Exit: with 1, if something is left that only the owner can settle.
    """
    from ..life.held import held, refuse_unfinished
    from .report import print_json
    from .revision_report import Report

    if dry_run:
        refuse_unfinished(folder)
        report = Report(command, revise(folder), applied=False)
    else:
        with held(folder):
            report = Report(command, revise(folder), applied=False)
            if not report.revision.outcome.is_empty:
                if is_interactive() and not (yes or as_json):
                    _confirm(report)
                _apply(report.revision, command)
                report = Report(command, report.revision, applied=True)
    if as_json:
        print_json(report.document())
    else:
        say(report.text())
        if note is not None and not dry_run and (told := note()):
            say(told)
    if report.needs_owner:
        raise typer.Exit(NEEDS_YOU)


def _apply(revision: Revision, command: str) -> None:
    """Makes the change; an interrupt that comes when it is begun is told so, for it was brought to its end."""
    from ..api import apply
    from ..life.apply import has_happened
    from ..life.undo import unfinished

    folder = revision.before.folder
    try:
        apply(revision, command=command, is_held=True)
    except KeyboardInterrupt:
        if not has_happened(revision.outcome, folder):
            raise
        back = "" if unfinished(folder) is None else "; `scaffold update --abort` puts every byte back"
        raise LateInterruptError(f"'{folder}' is changed{back}.") from None


def _confirm(report: object) -> None:
    """Leaves if the person does not want what is shown."""
    from .questions import ask_yes_no
    from .revision_report import Report

    assert isinstance(report, Report)
    say(report.text() + "\n")
    if not ask_yes_no("Change it", help="Every edit of yours stays.", default=True):
        raise KeyboardInterrupt
