"""Of each template a project of the cover that a seed chose passes its own tests; `make matrix-all` tries all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.matrix.trials import failing_tests, has_clients, make_projects

from scaffold.template.catalog import load_catalog
from scaffold.template.combinations import cover

CATALOG = load_catalog()
SEED = 14


@pytest.mark.slow
@pytest.mark.xla  # those with torchvision
@pytest.mark.parametrize("template", [layer.id for layer in CATALOG.templates()])
def test_its_own_tests_pass(template: str, tmp_path: Path) -> None:
    """They train, kill, resume, evaluate, predict and export, with data made in the tests where none come along."""
    rows = [row for row in cover(CATALOG, template)[1:] if has_clients(row)]  # the first row are the defaults
    answers = random.Random(SEED).choice(rows)
    (project,) = make_projects([(template, answers)], tmp_path)
    assert failing_tests(project) == "", answers
