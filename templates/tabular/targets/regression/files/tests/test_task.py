"""A number is learned, measured and predicted in its own unit."""

import pytest
import torch
from project_name.task import SCORE, SHOWN, make_metrics, to_predictions


def test_the_part_of_the_variance_that_is_explained() -> None:
    """Of targets 0, 1, 2 with an error of 0.5 each: 1 - 0.75 / 2."""
    metrics = make_metrics({}, torch.device("cpu"))
    outputs, targets = torch.tensor([0.5, 1.5, 2.5]), torch.tensor([0.0, 1.0, 2.0])
    for metric in metrics.values():
        metric.update((outputs, targets))
    assert metrics[SCORE].compute() == pytest.approx(0.625)
    assert metrics["loss"].compute() == pytest.approx(0.25)
    assert {SCORE, *SHOWN} == metrics.keys()


def test_predictions_have_the_targets_unit() -> None:
    """Under its name."""
    rows = to_predictions(torch.tensor([0.0, -2.0]), {"target": "price", "mean": 100.0, "std": 7.5})
    assert rows == [{"price": 100.0}, {"price": 85.0}]
