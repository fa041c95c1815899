"""What we know of the terminal, and the only place that prints.

A reader that goes away (`scaffold list | head -1`) is no error: the rest of the output is dropped and
the command ends as it would have. A stream whose encoding lacks a character gets a replacement, not
a crash.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Literal, TextIO

PATIENCE_SECONDS, REFRESH_SECONDS = 0.5, 0.1
"""How long something may take before its progress shows, and how often that is written anew."""
Style = Literal["bold", "red", "green", "cyan"]
STYLES: Mapping[Style, str] = {"bold": "1", "red": "1;31", "green": "32", "cyan": "36"}


def is_interactive() -> bool:
    """Whether a person can see a question and answer it."""
    return all(_is_terminal(stream) for stream in (sys.stdin, sys.stdout))


def width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(shutil.get_terminal_size().columns, 20)


def paint(text: str, style: Style, *, stream: TextIO | None = None) -> str:
    """The text in a style, or as it is where `NO_COLOR` is set or nobody would see it."""
    stream = stream or sys.stdout
    if not text or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not _is_terminal(stream):
        return text
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m"


def can_show(text: str) -> bool:
    """Whether standard output's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def say(text: str = "") -> None:
    """Prints a line on standard output."""
    _write(text, sys.stdout)


def erase(num_rows: int) -> None:
    """Takes the last rows off the screen, and leaves the cursor where they began; where that cannot be, they stay."""
    if _is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb":
        sys.stdout.write(f"\x1b[{num_rows}A\r\x1b[J")
        sys.stdout.flush()


def complain(text: str) -> None:
    """Prints a line on standard error."""
    _write(text, sys.stderr)


def show_error(message: str, hint: str | None) -> None:
    """Prints what is wrong, and what to do about it, on standard error."""
    parts: list[tuple[str, Style, str | None]] = [("Error:", "red", message), ("Hint: ", "cyan", hint)]
    for title, style, text in parts:
        if text:
            folded = fold(f"{title} {text}", indent=7, stream=sys.stderr)
            complain(paint(title, style, stream=sys.stderr) + folded.removeprefix(title))


@contextmanager
def progress(title: str) -> Generator[Callable[[str], None]]:
    """Lets long work say how far it is, in a line of standard error that disappears; on a terminal only."""
    shown_at = [time.monotonic() + PATIENCE_SECONDS - REFRESH_SECONDS]
    is_shown = False

    def show(text: str) -> None:
        nonlocal is_shown
        if _is_terminal(sys.stderr) and time.monotonic() - shown_at[0] >= REFRESH_SECONDS:
            shown_at[0], is_shown = time.monotonic(), True
            sys.stderr.write(f"\r\x1b[K{f'{title}: {text}'[: width() - 1]}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def fold(text: str, *, indent: int = 0, stream: TextIO | None = None) -> str:
    """The text broken into lines where a person reads it; whole where a program does."""
    if not _is_terminal(stream or sys.stdout):
        return text
    return textwrap.fill(text, width(), subsequent_indent=" " * indent, break_on_hyphens=False)


def _write(text: str, stream: TextIO | None) -> None:
    if stream is None:  # the process was started without it
        return
    encoding = stream.encoding or "utf-8"
    safe = text.encode(encoding, errors="replace").decode(encoding)
    try:
        print(safe, file=stream, flush=True)
    except OSError as error:
        _silence(stream)
        if not isinstance(error, BrokenPipeError):
            raise


def _silence(stream: TextIO) -> None:
    """Points the stream nowhere, so that Python's own flush at exit does not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()
