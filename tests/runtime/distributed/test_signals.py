"""A launched program is told to leave, at whatever moment: what it saves, says, and ends with."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.runtime.distributed.processes import PROGRAMS, TIMEOUT_SECONDS, start
from tests.warm_python import Program

from scaffold_runtime.distributed import signals

pytestmark = pytest.mark.slow

ENDS_HERE = "the run ends here, and goes on from what was saved before."


def wait_for(line: str, program: Program, times: int = 1) -> None:
    """Returns when the program has printed a line as often."""
    lines: list[str] = []
    for each in program.stdout:
        lines.append(each)
        if lines.count(f"{line}\n") == times:
            return
    pytest.fail("".join(lines) + str(program.stderr and program.stderr.read()))


def send(program: Program, kind: signal.Signals, times: int = 1) -> None:
    """A signal to the program and all that it has started, and perhaps its echo."""
    for _ in range(times):
        os.killpg(program.pid, kind)
        time.sleep(0.05)


def ends(program: Program) -> tuple[int, str, str]:
    """What it ends with and prints from now on."""
    out, error = program.communicate(timeout=TIMEOUT_SECONDS)
    return program.wait(), out, error


def test_a_signal_is_heard_at_any_moment() -> None:
    """Starting, training, validating and testing: a signal and its echo end the program with 75, Ctrl-C with 130.

    Where a library catches all that is raised, the first step ends it.
    """
    told = [
        ("start", signal.SIGTERM, 75, "", f"Signal SIGTERM came: {ENDS_HERE}\n"),
        ("start", signal.SIGINT, 130, "", f"Signal SIGINT came: {ENDS_HERE}\n"),
        ("a library", signal.SIGTERM, 75, "saves 1\n", f"Signal SIGTERM came: {ENDS_HERE}\n"),
        ("training", signal.SIGINT, 130, "saves", "Signal SIGINT came: the run is saved at iteration"),
        ("validation", signal.SIGUSR1, 75, "saves 4\n", "Signal SIGUSR1 came: the run is saved at iteration 4,"),
        ("test", signal.SIGTERM, 75, "", f"Signal SIGTERM came: {ENDS_HERE}\n"),
    ]
    with ExitStack() as stack:
        programs = [stack.enter_context(start(PROGRAMS / "told_to_leave.py", phase, "none")) for phase, *_ in told]
        for program, (phase, kind, *_) in zip(programs, told, strict=True):
            wait_for(f"in {phase}", program)
            send(program, kind, times=2)
        for program, (*_, code, saves, says) in zip(programs, told, strict=True):
            ended, out, error = ends(program)
            assert (ended, out.startswith(saves), error.startswith(says)) == (code, True, True), (says, out, error)
            assert "Traceback" not in error


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Returns when it is so."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_spawned_processes_leave_together() -> None:
    """Ctrl-C reaches all of them and their parent: each saves, once; the program ends with 130, without a traceback."""
    with start(PROGRAMS / "told_to_leave.py", "training", "gloo", 2) as program:
        wait_for("in training", program, times=2)
        send(program, signal.SIGINT)
        code, out, error = ends(program)
    saved = [line for line in out.splitlines() if line.startswith("saves")]
    assert (code, len(saved), len(set(saved))) == (130, 2, 1), (out, error)
    assert "Traceback" not in error


def test_processes_that_are_being_started() -> None:
    """A signal to all waits until they have imported what they need, and ends the program as at any other moment.

    Without the store, which their parent holds, they would wait for each other for minutes: if it is killed they end.
    """
    words: tuple[object, ...] = (PROGRAMS / "told_to_leave.py", "training", "gloo", 2)
    with start(*words, fresh_children=True) as told, start(*words, fresh_children=True) as orphaned:
        for program in (told, orphaned):
            wait_for("starts", program)
            wait_until(lambda program=program: len(children(program.pid)) == 3)  # and Python's tracker of resources
        send(told, signal.SIGTERM)
        orphaned.kill()
        code, _, error = ends(told)
        assert (code, "Traceback" in error) == (75, False), error
        began = time.monotonic()
        wait_until(lambda: not any(is_of(orphaned.pid, entry) for entry in Path("/proc").iterdir()))
        assert time.monotonic() - began < TIMEOUT_SECONDS / 2  # the meeting's own patience is five minutes


def test_workers_that_are_being_started() -> None:
    """A loader's workers that import what they need hear of no signal yet: the step that waits for them is saved."""
    with start(PROGRAMS / "told_to_leave.py", "loading", "none", fresh_children=True) as program:
        wait_for("in loading", program)
        send(program, signal.SIGUSR1, times=2)  # which ends Python's tracker of resources where that hears it
        code, out, error = ends(program)
    assert (code, out.startswith("saves 1\n"), "Traceback" in error) == (75, True, False), (out, error)


def test_the_instant_at_which_workers_have_started() -> None:
    """A signal then ends the program too: it does not wait for ever for workers that nobody tells to end."""
    with start(PROGRAMS / "told_while_workers_start.py") as program:
        code, _, error = ends(program)
    assert (code, error) == (130, f"Signal SIGINT came: {ENDS_HERE}\n")


def test_without_masks_processes_start_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has none: nothing is held back there, and nothing fails."""
    monkeypatch.delattr(signal, "pthread_sigmask")
    monkeypatch.setattr(os, "name", "nt")
    with signals.held_back("spawn"):
        signals.hear()
    monkeypatch.undo()  # pytest asks for paths


def is_of(group: int, process: Path) -> bool:
    """Whether this process belongs to the group."""
    try:
        return process.name.isdigit() and os.getpgid(int(process.name)) == group
    except ProcessLookupError:
        return False
