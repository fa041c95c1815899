"""The processes of `spawn` leave before their end: what the program ends with."""

from __future__ import annotations

from tests.runtime.distributed.processes import python

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


def test_their_own_processes_start_as_everywhere() -> None:
    """Workers of a loader start as in a program without `spawn`: by fork on Linux, without importing all again."""
    within, outside = python("start_methods.py").stdout.split()
    assert within == outside


def test_they_share_the_cores() -> None:
    """Two processes have half the threads each that one has, for with all of them both are several times slower."""
    (alone,) = python("threads.py", 1).stdout.split()
    assert python("threads.py", 2).stdout.split() == [str(max(1, int(alone) // 2))] * 2


def test_the_users_number_of_threads_is_kept() -> None:
    """Who sets OMP_NUM_THREADS has decided."""
    (alone,) = python("threads.py", 1, 2).stdout.split()
    assert python("threads.py", 2, 2).stdout.split() == [alone, alone]
