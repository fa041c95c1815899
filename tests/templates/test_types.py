"""The command for types that a project's README names reports nothing, in projects that together have every layer."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.matrix.trials import make_projects, python_of, type_faults

from scaffold.template.catalog import load_catalog
from scaffold.template.combinations import cover
from scaffold.template.resolve import resolve

CATALOG = load_catalog()
ROWS = [(layer.id, answers) for layer in CATALOG.templates() for answers in cover(CATALOG, layer.id)]
ROWS += [
    ("tabular", {"license": name}) for name in ("MIT", "Apache-2.0", "BSD-3-Clause")
]  # no other option knows of it


def newest_layers() -> list[int]:
    """Rows of which each has a layer that none before it has: together they have all that the cover has."""
    seen, rows = set[str](), list[int]()
    for index, (template, answers) in enumerate(ROWS):
        layers = {layer.id for layer in resolve(CATALOG, template, answers).layers}
        if not layers <= seen:
            rows.append(index)
            seen |= layers
    return rows


@pytest.mark.slow
@pytest.mark.xla
def test_nothing_is_reported(tmp_path: Path) -> None:
    """The checker finds nothing in the projects nor in their tests; `make matrix-all` asks it about the whole cover."""
    projects = make_projects([ROWS[index] for index in newest_layers()], tmp_path)
    for python in {python_of(project) for project in projects}:
        assert type_faults([one for one in projects if python_of(one) == python], tmp_path, python) == []


def test_every_layer_is_in_one_of_them() -> None:
    """A layer that is added later is not forgotten here."""
    rows = [ROWS[index] for index in newest_layers()]
    seen = {layer.id for template, answers in rows for layer in resolve(CATALOG, template, answers).layers}
    assert seen == set(CATALOG.ids)
