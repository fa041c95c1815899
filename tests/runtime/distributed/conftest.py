"""Teams of real processes, one of each size for the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.runtime.distributed.processes import Team

collect_ignore_glob = ["programs/*"]


def _team(world_size: int) -> Iterator[Team]:
    team = Team(world_size)
    yield team
    team.stop()


@pytest.fixture(scope="session")
def one() -> Iterator[Team]:
    """A team of one."""
    yield from _team(1)


@pytest.fixture(scope="session")
def two() -> Iterator[Team]:
    """A team of two."""
    yield from _team(2)


@pytest.fixture(scope="session")
def four() -> Iterator[Team]:
    """A team of four."""
    yield from _team(4)


@pytest.fixture(params=["one", "two", "four"])
def team(request: pytest.FixtureRequest) -> Team:
    """Each of the teams."""
    return request.getfixturevalue(request.param)
