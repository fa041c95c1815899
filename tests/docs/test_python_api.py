"""The notebook about the Python API says what happens."""

from __future__ import annotations

import pytest
from tests.docs.notebook import NOTEBOOKS, code_cells, kept, printed
from tests.projects import ROOT


def test_there_is_a_notebook() -> None:
    """The tour of the API is one."""
    assert ROOT / "docs/python-api.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_its_outputs_are_true(notebook) -> None:
    """Every cell runs, and prints what stands below it; `make notebook` writes that anew."""
    cells = code_cells(notebook)
    assert sum(map(bool, map(kept, cells))) >= len(cells) // 2
    assert printed(notebook) == [kept(cell) for cell in cells]
