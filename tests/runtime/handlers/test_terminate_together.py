"""`terminate` on one process ends the run on all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scaffold_runtime.handlers.terminate_together import TerminateTogether


@pytest.mark.parametrize(
    ("event", "count", "skip", "stopped"),
    [
        ("ITERATION_COMPLETED", 7, "no", "stopped at 15, completed at [15]"),
        ("ITERATION_COMPLETED", 10, "skip", "stopped at 15, completed at []"),
        ("ITERATION_STARTED", 11, "no", "stopped at 20, completed at [20]"),
        ("EPOCH_COMPLETED", 1, "no", "stopped at 50, completed at [50]"),
        ("EPOCH_STARTED", 2, "no", "stopped at 50, completed at [50]"),
        ("ITERATION_COMPLETED", 48, "no", "stopped at 50, completed at [50]"),
    ],
)
def test_all_stop_at_one_iteration(
    run_program: Callable[..., list[str]], event: str, count: int, skip: str, stopped: str
) -> None:
    """Wherever one of two ranks asks, both end after the same iteration, and later go on to the end together."""
    for output in run_program("terminate_on_one_rank.py", event, count, skip, processes=2):
        assert output.splitlines()[-2:] == [stopped, "then at 100"]


def test_a_period_below_one_is_refused() -> None:
    """`check_every` counts iterations."""
    with pytest.raises(ValueError, match=r"`check_every` should be at least 1, got 0\."):
        TerminateTogether(0)
