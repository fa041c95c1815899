"""Whoever comes from PyTorch-Ignite finds its names here, or in `runtime/README.md` why they are not."""

import re

import pytest
from tests.projects import ROOT
from tests.runtime.ignite_names import missing_of, public_names

_, NOT_HERE = (ROOT / "runtime" / "README.md").read_text().split("## Names of Ignite that are not here\n")
ROWS = re.findall(r"^\| (`.+`) \| (.+) \|$", NOT_HERE, re.MULTILINE)
LISTED = {name for names, _ in ROWS for name in re.findall(r"`(.+?)`", names)}


def covered_by(name: str) -> str | None:
    """The listed name that is meant: the name itself, or what it is a part of."""
    return next((known for known in LISTED if name == known or name.startswith((f"{known}.", f"{known}("))), None)


@pytest.mark.parametrize("package", ["engine", "handlers", "distributed", "utils", "base"])
def test_names(package):
    """Each public name, parameter and attribute is here, at its place, or listed; what is listed is not here."""
    names = [found for name in public_names(package) for found in missing_of(*name)]
    assert len(names) > 5
    missing = {name for name, is_missing in names if is_missing}
    assert {name for name in missing if covered_by(name) is None} == set()
    listed = {name for name in LISTED if re.split(r"[.(]", name)[0] == package}
    assert listed <= {covered_by(name) for name in missing}


def test_each_row_has_a_reason():
    """The rows are read, and none is without words."""
    assert len(ROWS) == NOT_HERE.count("\n| `") > 5
    assert all(len(reason) > 10 for _, reason in ROWS)
