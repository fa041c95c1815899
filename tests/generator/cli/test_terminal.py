import io
import sys

import pytest

from scaffold.cli import terminal
from scaffold.cli.terminal import can_show, fold, is_interactive, paint, width


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """It is."""
        return True


def test_paint(monkeypatch):
    """A style is for a terminal that shows it: not for a pipe, not with NO_COLOR, not with TERM=dumb."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("word", "bold", stream=Screen()) == "\x1b[1mword\x1b[0m"
    assert paint("word", "bold", stream=io.StringIO()) == "word"
    monkeypatch.setenv("TERM", "dumb")
    assert paint("word", "bold", stream=Screen()) == "word"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("word", "bold", stream=Screen()) == "word"


def test_fold(monkeypatch):
    """A text is broken for a person and left whole for a program."""
    monkeypatch.setenv("COLUMNS", "20")
    assert fold("one two three four five", indent=2, stream=Screen()) == "one two three four\n  five"
    assert fold("one two three four five", stream=io.StringIO()) == "one two three four five"


def test_width(monkeypatch):
    """No terminal is taken to be narrower than 20 columns, whatever it says."""
    monkeypatch.setenv("COLUMNS", "3")
    assert width() == 20


def test_interactive_needs_both_ends(monkeypatch):
    """A question needs a terminal to be shown on and one to be answered from."""
    for stdin, stdout in ((Screen(), io.StringIO()), (io.StringIO(), Screen()), (None, Screen())):
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stdout", stdout)
        assert not is_interactive()
    monkeypatch.setattr(sys, "stdin", Screen())
    assert is_interactive()


def test_can_show(monkeypatch):
    """A character can be shown if standard output's encoding has it."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert can_show("x")
    assert not can_show("\N{BLACK CIRCLE}")


@pytest.mark.parametrize(("stream", "shown"), [(Screen(), "\r\x1b[KLooking: 1 file\r\x1b[K"), (io.StringIO(), "")])
def test_progress_shows_and_goes(monkeypatch, stream, shown):
    """Long work says how far it is, in a line that is gone afterwards; where nobody looks it says nothing."""
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(terminal, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(terminal, "REFRESH_SECONDS", 0)
    with terminal.progress("Looking") as tick:
        tick("1 file")
    assert stream.getvalue() == shown


def test_progress_of_short_work_does_not_show(monkeypatch):
    """What takes no time needs no line."""
    monkeypatch.setattr("sys.stderr", Screen())
    with terminal.progress("Looking") as tick:
        tick("1 file")
    assert sys.stderr.getvalue() == ""
