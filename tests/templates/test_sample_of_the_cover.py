"""Of each template a project of the cover that a seed chose passes its own tests; `make matrix-all` tries all.

One of them compiles its network: that takes minutes of a processor.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.matrix.trials import failing_tests, has_clients, make_projects

from scaffold.template.catalog import load_catalog
from scaffold.template.combinations import cover

CATALOG = load_catalog()
TEMPLATES = [layer.id for layer in CATALOG.templates()]
SEED = 14
COMPILES = random.Random(SEED).choice(TEMPLATES)


@pytest.mark.slow
@pytest.mark.xla  # those with torchvision
@pytest.mark.parametrize("template", TEMPLATES)
def test_its_own_tests_pass(template: str, tmp_path: Path) -> None:
    """They train, kill, resume, evaluate, predict and export, with data made in the tests where none come along."""
    rows = [row for row in cover(CATALOG, template)[1:] if has_clients(row)]  # the first row are the defaults
    rows = [row for row in rows if row.get("compile", False) is (template == COMPILES)]
    answers = random.Random(SEED).choice(rows)
    (project,) = make_projects([(template, answers)], tmp_path)
    assert failing_tests(project) == "", answers
