"""A thread that makes calls: in order, never waited for longer than was said, and nothing lost in silence."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

import pytest
from tests.projects import ROOT
from tests.warm_python import run

from scaffold_runtime.handlers.tracker_thread import MOST_WAITING, TrackerThread


@pytest.fixture
def gate() -> threading.Event:
    """What a call waits for that does not come back."""
    return threading.Event()


def test_calls_are_made_in_order() -> None:
    """One after the other, in one thread that is not the caller's."""
    thread, made = TrackerThread("Notes"), list[tuple[int, str]]()
    for number in range(100):
        thread.put(lambda number=number: made.append((number, threading.current_thread().name)))
    assert thread.wait(60)
    assert made == [(number, "tracker Notes") for number in range(100)]
    assert thread.close(60)


def test_a_call_that_does_not_come_back_holds_nobody_up(
    gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits goes on after the time that it gave, and the next who wait do not wait at all; it is said once."""
    thread = TrackerThread("Notes")
    thread.put(gate.wait)
    began = time.monotonic()
    assert not thread.wait(0.2)
    assert not any(thread.wait(60) for _ in range(5))
    assert not thread.close(0.2)
    assert time.monotonic() - began < 30
    assert [record.message for record in caplog.records] == [
        "Notes has not answered for 0.2 s; what is for it waits, and the run goes on.",
        "Notes could not be told of everything: it has not ended in time. The run goes on without it.",
    ]
    gate.set()


def test_once_it_answers_it_is_waited_for_again(gate: threading.Event) -> None:
    """A server that was away for a while loses nothing."""
    thread, made = TrackerThread("Notes"), list[int]()
    thread.put(gate.wait)
    thread.put(made.append, 1)
    assert not thread.wait(0.05)
    gate.set()
    assert thread.close(60)
    assert (made, thread.lost) == ([1], 0)


@pytest.mark.parametrize("error", [OSError("No route"), SystemExit(3), KeyboardInterrupt("as a library raises it")])
def test_a_call_that_fails_is_counted(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it raises, those after it are made; the first is told in a warning, and no other."""
    thread, made = TrackerThread("Notes"), list[int]()

    def fail() -> None:
        raise error

    for _ in range(3):
        thread.put(fail)
    thread.put(made.append, 1)
    assert thread.close(60)
    assert (made, thread.lost) == ([1], 3)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert type(error).__name__ in thread.reason


def test_what_waits_has_an_end(gate: threading.Event) -> None:
    """A server that is away for days does not fill the memory: what is too much is dropped, and counted."""
    thread = TrackerThread("Notes")
    thread.put(gate.wait)
    for _ in range(MOST_WAITING + 10):
        thread.put(int)
    assert 9 <= thread.lost <= 11  # the first call may have been taken by then
    gate.set()
    assert thread.close(60)


def test_answers_and_errors_of_calls_come_back(gate: threading.Event) -> None:
    """A call of the client's own gives what the client gives, or raises; one that does not answer, says so in time."""
    thread = TrackerThread("Notes")
    assert thread.call(sorted, 60, [2, 1], reverse=False) == [1, 2]
    assert thread.call(lambda: thread.call(len, 60, "abc"), 60) == 3  # a call within a call
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 / 0, 60)
    thread.put(gate.wait)
    with pytest.raises(TimeoutError, match=r"^Notes has not answered for 0\.1 s\.$"):
        thread.call(int, 0.1)
    gate.set()
    assert thread.close(60)
    assert thread.call(int, 60) is None  # it has ended


HANGING = """
from scaffold_runtime.handlers.tracker_thread import TrackerThread
import time
thread = TrackerThread("Notes")
thread.put(time.sleep, 1000)
assert not thread.close(0.1)
"""


def test_it_does_not_keep_the_program() -> None:
    """A program ends, with the exit code that it has, though a call hangs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime")}
    done = run([sys.executable, "-c", HANGING], environment, folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert "it has not ended in time" in done.stderr
