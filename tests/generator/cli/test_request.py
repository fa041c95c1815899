from pathlib import Path

import pytest

from scaffold.cli.request import Draft, settle
from scaffold.template.catalog import load_catalog


@pytest.fixture
def catalog():
    """The templates of these tests."""
    return load_catalog(Path(__file__).parent / "fixtures" / "templates")


def test_settle_takes_what_applies(catalog):
    """An answer that another one opens is taken, wherever it stands."""
    decisions, taken = settle(catalog, "greeting", {"volume": 3, "tone": "loud"})
    assert taken == {"tone": "loud", "volume": 3}
    assert decisions.answers == {"backend": "auto", "loggers": [], "tone": "loud", "volume": 3, "bells": False}


def test_settle_passes_over_what_is_closed_or_of_another_template(catalog):
    """A closed option's answer, an unknown option's, and one that does not fit are not taken."""
    _, taken = settle(catalog, "greeting", {"volume": 3, "tone": "warm", "lines": 2, "backend": "carrier pigeon"})
    assert taken == {"tone": "warm"}


def test_target():
    """A project goes to a folder of its name, unless a directory is given."""
    assert Draft(name="trial").target() == Path("trial")
    assert Draft(name="trial", directory=Path("else where")).target() == Path("else where")
