"""Metrics and predictions say of outputs what can be said by hand."""

import pytest
import torch
from project_name.boxes import STRIDE
from project_name.evaluation import make_evaluator
from project_name.task import SCORE, make_metrics, to_predictions

SIZES = {"num_classes": 3}
NONE = [0.0, 0.0, 0.0, 0.0, -1.0]


def make_outputs(*objects: tuple[int, int, int, float]) -> torch.Tensor:
    """One image of 8 x 8 cells, in some of which (row, column) a class is seen with a score, 8 x 8 pixels large."""
    outputs = torch.full((1, 7, 8, 8), -20.0)
    outputs[:, 3:] = torch.tensor(4.0 / STRIDE).log()
    for row, column, label, score in objects:
        outputs[0, label, row, column] = score
    return outputs


def score_of(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """The mean average precision at an overlap of 0.5."""
    metrics = make_metrics(SIZES, torch.device("cpu"))
    return make_evaluator(torch.nn.Identity(), metrics, "fp32").run([(outputs, targets)]).metrics[SCORE]


def test_a_perfect_detector_has_1_and_a_blind_one_0() -> None:
    """Rows of the targets that are no objects, and boxes that are none, count neither for nor against."""
    targets = torch.tensor([[[2.0, 2, 10, 10, 0], [18, 6, 26, 14, 2], NONE, NONE]])
    found = make_outputs((1, 1, 0, 3.0), (2, 5, 2, 3.0))
    assert score_of(found, targets) == pytest.approx(1)
    assert score_of(make_outputs(), torch.tensor([[[1.0, 1, 7, 7, 0], NONE]])) < 0.02


def test_half_of_the_classes_is_half_of_the_score() -> None:
    """What is seen as another class is not found, and what is not there lowers the class that it is seen as."""
    targets = torch.tensor([[[2.0, 2, 10, 10, 0], [18, 6, 26, 14, 2]]])
    assert score_of(make_outputs((1, 1, 0, 3.0), (2, 5, 1, 3.0)), targets) == pytest.approx(0.5, abs=0.02)
    wrong_first = make_outputs((1, 1, 0, 3.0), (5, 5, 0, 4.0), (2, 5, 2, 3.0))
    assert score_of(wrong_first, targets) == pytest.approx(0.75, abs=0.01)


def test_predictions_have_names_and_parts_of_the_image() -> None:
    """An object's edges are parts of width and height; what has a low score is not reported."""
    (row,) = to_predictions(make_outputs((1, 1, 0, 3.0), (2, 5, 2, -2.0)), {"classes": ["cat", "dog", "bird"]})
    edges = {"left": 2 / 32, "top": 2 / 32, "right": 10 / 32, "bottom": 10 / 32}
    assert row == {"count": 1, "objects": [{"class": "cat", "score": 0.9526, **edges}]}
