"""Who may change a project now: one at a time, and nobody while a change waits for its owner."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError, count, several
from .apply import alone_in, bring_to_an_end
from .theirs import was_at_work
from .undo import Unfinished, forget, unfinished

FINISH = "Settle them, then `scaffold update --continue`; `scaffold update --abort` puts everything back."


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Holds a project for a change: no other process changes it meanwhile, and none is left half done.

    Raises:
        UsageError: another one is at work, or a change waits for the owner.
        WriteError: the disk refused.
    """
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
    if was_at_work(folder):
        raise UsageError("A change was interrupted.", "`scaffold update --continue` ends it, `--abort` takes it back.")
    waiting = unfinished(folder)
    if waiting is not None and waiting.needs_owner:
        raise refused(waiting)


def refused(waiting: Unfinished) -> UsageError:
    """The error for a change while another one waits for the owner."""
    paths = [*waiting.conflicts, *waiting.beside]
    verb = "waits" if len(paths) == 1 else "wait"
    return UsageError(
        f"`scaffold {waiting.command}` is not finished: {count(len(paths), 'file')} {verb} for you: {several(paths)}.",
        FINISH,
    )
