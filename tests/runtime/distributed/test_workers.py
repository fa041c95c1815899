"""The processes of `spawn` leave before their end, or get a scheduler's signals: what the program ends with."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.runtime.distributed.processes import PROGRAMS, TIMEOUT_SECONDS, python, start, torchrun
from tests.warm_python import Program

from scaffold_runtime.distributed.workers import forwarding, send

pytestmark = pytest.mark.slow

SPAWN = ("--backend", "gloo", "--spawn", 2)


def test_who_leaves_in_order_is_waited_for() -> None:
    """All leave with 75: the program does too, in silence, when the last has put its things away."""
    done = python("leaving.py", "together", *SPAWN, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (75, "rank 1 has put all away\n", "")


def test_the_first_to_leave_is_the_cause() -> None:
    """One leaves with 75 while the other waits for it, in vain: the program ends with 75, in silence."""
    done = python("leaving.py", "alone", *SPAWN, check=False)
    assert (done.returncode, done.stderr) == (75, "")


def test_words_are_an_exit_code_too() -> None:
    """`sys.exit("...")` in all processes says so once, and the program ends with 1."""
    done = python("leaving.py", "with_words", *SPAWN, check=False)
    assert (done.returncode, done.stderr) == (1, "there is nothing to do\n")
    done = torchrun("leaving.py", "with_words", "--backend", "gloo", check=False)
    assert (done.returncode, done.stderr.count("there is nothing to do")) == (1, 1), done.stderr


def test_their_own_processes_start_as_everywhere() -> None:
    """Workers of a loader start as in a program without `spawn`: by fork on Linux, without importing all again."""
    within, outside = python("start_methods.py").stdout.split()
    assert within == outside


def test_they_share_the_cores() -> None:
    """Two processes have half the threads each that one has, for with all of them both are several times slower."""
    (alone,) = python("threads.py", 1, fresh_children=True).stdout.split()
    assert python("threads.py", 2, fresh_children=True).stdout.split() == [str(max(1, int(alone) // 2))] * 2


def test_the_users_number_of_threads_is_kept() -> None:
    """Who sets OMP_NUM_THREADS has decided."""
    (alone,) = python("threads.py", 1, 2, fresh_children=True).stdout.split()
    assert python("threads.py", 2, 2, fresh_children=True).stdout.split() == [alone, alone]


@contextmanager
def running(way: str) -> Iterator[Program]:
    """The program `leaving.py` in two processes, both of which train."""
    with start(PROGRAMS / "leaving.py", way, *SPAWN) as process:
        try:
            begun = lines(process, 2)
            if begun != ["rank 0 trains", "rank 1 trains"]:
                process.kill()
                pytest.fail(f"{begun} {process.communicate(timeout=TIMEOUT_SECONDS)}")
            yield process
        finally:
            process.kill()


def lines(process: Program, number: int) -> list[str]:
    """The next lines, sorted: the two processes do not wait for each other to print."""
    return sorted(process.stdout.readline().strip() for _ in range(number))


def test_a_signal_to_the_program_saves_the_run() -> None:
    """Both processes save at the same iteration and leave, and the program ends with their exit code."""
    with running("preempted") as process:
        process.send_signal(signal.SIGUSR1)
        out, error = process.communicate(timeout=TIMEOUT_SECONDS)
    saved = sorted(out.splitlines())
    assert [line.split(" at ")[0] for line in saved] == ["rank 0 saves", "rank 1 saves"], error
    assert len({line.split(" at ")[1] for line in saved}) == 1
    assert process.returncode == 75
    assert "Traceback" not in error


def test_a_second_signal_ends_the_program_at_once() -> None:
    """Who is saving and gets another signal is gone, and so is the program, as if that signal had ended it."""
    with running("saves_forever") as process:
        process.terminate()
        assert lines(process, 2) == ["rank 0 saves", "rank 1 saves"]
        process.send_signal(signal.SIGUSR1)
        assert process.wait(timeout=TIMEOUT_SECONDS) == 128 + signal.SIGUSR1
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_signal_that_nobody_listens_to() -> None:
    """Processes without handlers end of the signal, and the program with its number, in silence."""
    with running("deaf") as process:
        process.terminate()
        out, error = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (process.returncode, out, error) == (128 + signal.SIGTERM, "", "")


def test_signals_that_come_early_are_sent_later() -> None:
    """A signal that comes while the processes are being started reaches them when they are there."""
    processes: list[Any] = []
    with forwarding(processes) as received:
        child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(TIMEOUT_SECONDS,))
        os.kill(os.getpid(), signal.SIGUSR1)
        assert received == [signal.SIGUSR1]
        child.start()
        processes.append(child)
        send(received[0], processes)
        child.join(TIMEOUT_SECONDS)
        assert child.exitcode == -signal.SIGUSR1


def test_handlers_of_the_program_stay() -> None:
    """A program that handles SIGTERM itself goes on doing so; afterwards nothing is left of the others."""
    own = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        mine = signal.getsignal(signal.SIGTERM)
        with forwarding([]):
            assert signal.getsignal(signal.SIGTERM) is mine
            assert signal.getsignal(signal.SIGUSR1) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, own)


def test_outside_of_the_main_thread_nothing_is_taken() -> None:
    """Where Python allows no handlers, starting processes is no error."""
    errors: list[BaseException] = []

    def enter() -> None:
        try:
            with forwarding([]):
                assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert errors == []


def test_a_forked_process_ends_of_its_own_signals() -> None:
    """A process that was forked from the program inherits the handler and not its duty."""
    with forwarding([]) as received:
        child = os.fork()
        if child == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
        assert received == []
