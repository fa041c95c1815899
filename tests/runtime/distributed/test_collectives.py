from __future__ import annotations

import pytest
from tests.runtime.distributed.processes import Team
from tests.runtime.distributed.programs import collective_checks as checks

from scaffold_runtime import distributed as idist

NAMES = [check.__name__ for check in checks.CHECKS]


@pytest.mark.parametrize("name", NAMES)
def test_without_processes(name: str) -> None:
    """Every collective has the same meaning in one process without a backend."""
    assert idist.backend() is None
    getattr(checks, name)()


@pytest.mark.parametrize("name", NAMES)
def test_among_processes(name: str, team: Team) -> None:
    """Every collective keeps its promise among 1, 2 and 4 processes."""
    team.do(f"collective_checks.{name}")


def test_the_checks_were_found() -> None:
    """There are checks: an empty list would pass."""
    assert len(NAMES) > 15


def test_a_group_of_one_process() -> None:
    """It is the tuple of its ranks, and collectives take it as they take the list."""
    group = idist.new_group([0])
    assert group == (0,)
    assert idist.all_reduce(3, group=group) == idist.all_reduce(3, group=[0]) == 3
