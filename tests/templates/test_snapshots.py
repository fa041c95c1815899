"""What users will see of each template is in the repository as it is."""

from __future__ import annotations

from tests.matrix.snapshots import FOLDER, snapshots

from scaffold.template.catalog import load_catalog


def test_they_are_of_today() -> None:
    """Each template's default project is as its snapshot says; `make snapshots` writes them anew."""
    found = {file.stem: file.read_text() for file in FOLDER.glob("*.txt")}
    expected = snapshots(load_catalog())
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
