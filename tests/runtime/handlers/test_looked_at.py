"""A training with everything that looks at it: killed, it goes on to the same end, on several processes too."""

import signal

import pytest


def told_by(outputs):
    """The lines that the program itself has printed; torch's profiler prints as well."""
    words = ("weights", "mean", "told", "rows")
    return [[line for line in output.splitlines() if line.startswith(words)] for output in outputs]


@pytest.mark.parametrize("processes", [1, 2])
def test_it_goes_on_after_a_kill(run_program, start_program, start_together, tmp_path, processes):
    """Weights, their mean, schedules, norms of gradients and rows of the table are as if it had been left alone."""
    whole = told_by(run_program("looked_at.py", tmp_path / "whole", 0, processes=processes))
    for killed_at in (15, 30):  # within an epoch and a window of two batches; and in another run that was resumed
        words = ("looked_at.py", tmp_path / "killed", killed_at)
        started = [start_program(*words)] if processes == 1 else start_together(*words, processes=2)
        for program in started:
            program.communicate(timeout=120)
            assert program.returncode in (-signal.SIGKILL, 1)  # 1: the other one was lost
    ended = told_by(run_program("looked_at.py", tmp_path / "killed", 0, processes=processes))
    assert ended == whole
    if processes == 2:
        assert whole[0][:-1] == whole[1][:-1]
    assert whole[0][1].startswith("mean 3")
    assert whole[0][-1].count("'epoch':") == 4
