"""Projects with augmentation: a run that was killed sees the images that it would have seen, to the bit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.matrix.trials import python_of
from tests.projects import make_project

from scaffold.template.catalog import load_catalog
from scaffold.template.resolve import resolve

pytestmark = pytest.mark.slow

CLASSIFICATION, SEGMENTATION, DETECTION = "vision-classification", "vision-segmentation", "vision-detection"

DATA = [(CLASSIFICATION, "digits"), (CLASSIFICATION, "imagefolder"), (DETECTION, "coco")]
"""One of each kind that augmentation is written for; the matrix tries the others."""

OWN_TESTS = "killed or the_same_again or boxes_where"


@pytest.mark.parametrize(("template", "dataset"), DATA, ids=lambda part: part)
def test_it_resumes_to_the_bit(template: str, dataset: str, tmp_path: Path) -> None:
    """With strong augmentation: by the project's own tests, of its loaders and of a run that was killed."""
    project = make_project(tmp_path / "project", "project", template=template, dataset=dataset, augmentation="strong")
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", OWN_TESTS)
    done = project.call(python_of(project), *words)
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 1


@pytest.mark.parametrize(
    ("template", "dataset", "level"),
    [
        (CLASSIFICATION, "digits", "none"),
        (CLASSIFICATION, "imagefolder", "light"),
        (SEGMENTATION, "scenes", "none"),
        (SEGMENTATION, "voc", "light"),
        (DETECTION, "coco", "light"),
    ],
)
def test_it_is_as_much_as_the_data_want(template: str, dataset: str, level: str) -> None:
    """Without being asked: photographs are cut and mirrored, digits and scenes of them stay as they are."""
    values: dict[str, Any] = dict(resolve(load_catalog(), template, {"dataset": dataset}).values)
    assert values["augmentation"] == level
