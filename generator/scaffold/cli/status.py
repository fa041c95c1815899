"""`scaffold status`: how a project's files stand, and what is out of date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from ..errors import ScaffoldError
from .listing import AsJson, TemplatesFolder
from .new import NEEDS_YOU
from .project_folder import ProjectFolder, find_project
from .terminal import say

if TYPE_CHECKING:
    from ..life.record import Record
    from ..life.revision import InProject, Revision
    from ..life.state import FileState
    from ..life.undo import Unfinished

SCHEMA = "torch-scaffold/status/1"
EXAMPLES = """\b
Examples:
  scaffold status
  scaffold status --exit-code    1 if a file is edited, or anything is out of date
  scaffold status --json
"""


def status(
    *,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if a file is not as made, or anything is out of date.")
    ] = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Show how a project's files stand, and what is out of date.

    Each file is as it was made, edited, deleted, renamed or in conflict.
    """
    from .report import print_json

    found = _look(find_project(project), templates)
    if as_json:
        print_json(found.document())
    else:
        say(found.text())
    if exit_code and not found.is_clean:
        raise typer.Exit(NEEDS_YOU)


@dataclass(frozen=True)
class _Status:
    before: InProject
    states: Mapping[PurePosixPath, FileState]
    waiting: Unfinished | None
    was_killed: bool
    revision: Revision | None
    problem: str | None

    @property
    def record(self) -> Record:
        return self.before.record

    @property
    def is_clean(self) -> bool:
        as_made = all(state.value == "as made" for state in self.states.values())
        is_current = self.revision is not None and self.revision.outcome.is_empty
        return as_made and is_current and not (self.waiting or self.was_killed)

    def text(self) -> str:
        from .report import count, definitions
        from .terminal import fold, paint

        origin, counts = self.record.origin, Counter(state.value for state in self.states.values())
        lines = [
            paint(fold(f"{origin.name.project}: {origin.template}, by torch-scaffold {self.record.version}"), "bold")
        ]
        rows = [(str(path), self._said(path)) for path, state in self.states.items() if state.value != "as made"]
        lines += [definitions(rows, indent=2)] if rows else []
        lines += [
            f"{count(counts['as made'], 'file')} as made, {counts['edited']} edited, {counts['deleted']} deleted."
        ]
        return "\n".join([*lines, "", *map(fold, self._to_do())])

    def _said(self, path: PurePosixPath) -> str:
        state, now = self.states[path].value, self.before.renamed.get(path)
        return f"{state}: it is '{now}' now" if now and state == "renamed" else state

    def _to_do(self) -> list[str]:
        from .project_folder import refused
        from .report import count

        if self.was_killed:
            return ["A change was interrupted. `scaffold update --continue` ends it, `--abort` takes it back."]
        if self.waiting is not None:
            error = refused(self.waiting)
            return [error.message, error.hint or ""]
        if self.revision is None:
            return [self.problem or ""]
        if self.revision.outcome.is_empty:
            return ["Up to date."]
        touched = len(
            {*self.revision.outcome.written(), *self.revision.outcome.removed()} - {*self.revision.outcome.record}
        )
        version = f"{__version__} is installed: " if self.record.version != __version__ else ""
        return [
            f"{version}`scaffold update` would change {count(touched, 'file')}; `scaffold diff --upstream` shows how."
        ]

    def document(self) -> dict[str, object]:
        outcome = self.revision.outcome if self.revision else None
        waiting = self.waiting
        return {
            "schema": SCHEMA,
            "project": str(self.before.folder),
            "name": self.record.origin.name.project,
            "template": self.record.origin.template,
            "answers": dict(self.record.origin.answers),
            "made_by": self.record.version,
            "version": __version__,
            "clean": self.is_clean,
            "files": [
                {"path": str(path), "state": state.value, "now_at": _text(self.before.renamed.get(path))}
                for path, state in self.states.items()
            ],
            "unfinished": {
                "command": waiting.command,
                "conflicts": [str(path) for path in waiting.open_conflicts(self.before.folder)],
                "beside": {str(path): str(at) for path, at in waiting.beside.items()},
            }
            if waiting
            else None,
            "interrupted": self.was_killed,
            "update": {
                "files": [
                    {"path": str(path), "fate": each.fate.value}
                    for path, each in outcome.files.items()
                    if each.fate.value != "kept"
                ]
            }
            if outcome
            else None,
            "problem": self.problem,
        }


def _look(folder: Path, templates: Path | None) -> _Status:
    from ..life.record import recall
    from ..life.revision import look_at
    from ..life.state import file_states
    from ..life.theirs import was_at_work
    from ..life.undo import unfinished
    from .update import made_again

    was_killed = was_at_work(folder)
    record = recall(folder)
    before, waiting = look_at(folder, record), unfinished(folder)
    waiting = waiting if waiting and waiting.needs_owner else None
    states = file_states(before, waiting.open_conflicts(folder) if waiting else ())
    if was_killed or waiting:
        return _Status(before, states, waiting, was_killed, None, None)
    try:
        revision = made_again(before, templates)
    except ScaffoldError as error:  # its templates are elsewhere, or have changed too much: the files still stand
        return _Status(before, states, waiting, was_killed, None, f"What is out of date is not known: {error.message}")
    return _Status(before, states, waiting, was_killed, revision, None)


def _text(path: PurePosixPath | None) -> str | None:
    return str(path) if path else None
