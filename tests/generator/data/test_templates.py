"""What is found in data reaches the templates that come with the package."""

from __future__ import annotations

import pytest

from scaffold.template.catalog import load_catalog
from scaffold.template.resolve import resolve

CATALOG = load_catalog()
ANSWERS = {
    ("vision-classification", "imagefolder"): {"data_path": "/d", "image_size": 48, "channels": "1", "metrics": []},
    ("vision-classification", "fashion-mnist"): {"data_path": "/d"},
    ("vision-dcgan", "imagefolder"): {"data_path": "/d", "image_size": "32"},
    ("vision-segmentation", "image-masks"): {"data_path": "/d", "image_size": 48},
    ("vision-detection", "coco"): {"data_path": "/d", "image_size": 48},
    ("text-classification", "csv"): {"data_path": "/d.csv", "text_column": "review", "label_column": "stars"},
    ("tabular", "table"): {"data_path": "/d.csv", "target_column": "price", "target": "regression"},
    ("language-model", "textfiles"): {"data_path": "/d", "pattern": "*.md"},
}
"""What a `Finding` answers, by template and data set."""


@pytest.mark.parametrize(("template", "dataset"), ANSWERS)
def test_a_template_has_a_question_for_each_answer(template: str, dataset: str) -> None:
    """Each answer fits an option of the data set's layer, and the balance of classes a metric."""
    answers = ANSWERS[template, dataset]
    resolution = resolve(CATALOG, template, {"dataset": dataset, **answers})
    assert {name: resolution.values[name] for name in answers} == answers


def test_uneven_classes_have_a_metric() -> None:
    """What is measured for uneven classes is offered."""
    chosen = {"dataset": "imagefolder", "metrics": ["balanced-accuracy"]}
    assert resolve(CATALOG, "vision-classification", chosen).values["metrics"] == ["balanced-accuracy"]
