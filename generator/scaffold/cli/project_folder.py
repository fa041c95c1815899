"""Which project a command is about, and whether it may change it now."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError

if TYPE_CHECKING:
    from ..life.undo import Unfinished

ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The project's folder; the one around here if not given."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]

FINISH = "Settle them, then `scaffold update --continue`; `scaffold update --abort` puts everything back."


def find_project(folder: Path | None) -> Path:
    """The folder of the project that is meant: the one given, or the nearest around the current one."""
    if folder is not None:
        return folder
    here = Path.cwd()
    around = (each for each in (here, *here.parents) if (each / ".scaffold/project.toml").is_file())
    found = next(around, here)
    return Path() if found == here else found


@contextmanager
def changing(folder: Path) -> Generator[None]:
    """Holds a project for a change: no other command changes it meanwhile, and none is left half done.

    Raises:
        UsageError: another command is at work, or a change waits for the owner.
        WriteError: the disk refused.
    """
    from ..life.apply import alone_in, bring_to_an_end
    from ..life.undo import forget, unfinished

    with alone_in(folder):
        bring_to_an_end(folder)
        waiting = unfinished(folder)
        if waiting is not None and waiting.needs_owner:
            raise refused(waiting)
        forget(folder)
        yield


def refuse_unfinished(folder: Path) -> None:
    """Refuses to look ahead in a project where a change waits or was interrupted; nothing is touched.

    Raises:
        UsageError: there is one.
    """
    from ..life.theirs import was_at_work
    from ..life.undo import unfinished

    if was_at_work(folder):
        raise UsageError("A change was interrupted.", "`scaffold update --continue` ends it, `--abort` takes it back.")
    waiting = unfinished(folder)
    if waiting is not None and waiting.needs_owner:
        raise refused(waiting)


def refused(waiting: Unfinished) -> UsageError:
    """The error for a change while another one waits for the owner."""
    from .report import count, several

    paths = [*waiting.conflicts, *waiting.beside]
    verb = "waits" if len(paths) == 1 else "wait"
    return UsageError(
        f"`scaffold {waiting.command}` is not finished: {count(len(paths), 'file')} {verb} for you: {several(paths)}.",
        FINISH,
    )
