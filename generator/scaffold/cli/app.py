"""The front door: runs a command and turns every way it can end into a message and an exit code.

Typer is asked not to end the process itself (`standalone_mode=False`), so wrong usage, our own errors
and Ctrl-C all pass through here and look alike. Typer is imported inside `run`: Ctrl-C during the
import is an interruption like any other.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from ..errors import ScaffoldError
from .terminal import complain, show_error

INTERRUPTED = 130
WRONG_USAGE = 2
SCHEMA = "torch-scaffold/error/1"


def main() -> NoReturn:
    """Runs the command that the process was started with, and exits."""
    gc.disable()  # the process ends before there is garbage worth looking for, and looking costs a tenth of its time
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_DFL:  # not under `nohup`
            signal.signal(each, _leave)
    sys.exit(run(sys.argv[1:]))


def _leave(number: int, _: FrameType | None) -> NoReturn:
    """Ends the process as the signal would, but lets what is half done be taken back."""
    sys.exit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Runs one command.

    Args:
        arguments: the words after `scaffold`.

    Returns:
        0 done, 1 finished but something needs the user, 2 wrong usage, 130 interrupted.
    """
    as_json = "--json" in _before_double_dash(arguments)
    try:
        return _invoke(arguments)
    except KeyboardInterrupt:
        return _interrupted()
    except ScaffoldError as error:
        _show(error.message, error.hint, as_json=as_json)
        return error.exit_code
    except OSError as error:
        _show(*_explain(error), as_json=as_json)
        return WRONG_USAGE


def _invoke(arguments: Sequence[str]) -> int:
    import typer

    from .commands import app
    from .usage import WrongUsage

    try:
        exit_code = app(args=list(arguments), prog_name="scaffold", standalone_mode=False) or 0
    except typer.Abort:  # the end of input, Ctrl-D, in the middle of a question
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        raise WrongUsage(error) from None
    if exit_code == INTERRUPTED:  # Typer's own answer to Ctrl-C
        raise KeyboardInterrupt
    return exit_code


def _interrupted() -> int:
    complain("Interrupted; nothing was written.")
    return INTERRUPTED


def _show(message: str, hint: str | None, *, as_json: bool) -> None:
    if as_json:
        from .report import print_json

        print_json({"schema": SCHEMA, "error": message, "hint": hint})
    else:
        show_error(message, hint)


def _explain(error: OSError) -> tuple[str, str]:
    """The two sentences for a file system that refuses; the places where that is likely say more."""
    place = f" at '{error.filename}'" if error.filename else ""
    reason = error.strerror or str(error)
    return (
        f"The system refused{place}: {reason}.",
        "Check the permissions and the free space there.",
    )


def _before_double_dash(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments
