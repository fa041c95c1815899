"""Overlaps and what stays of overlapping boxes, by arithmetic done here."""

import math

import pytest
import torch
from project_name.boxes import STRIDE, find, generalized_iou, pairwise_iou, stays, to_boxes


def test_overlap_is_intersection_over_union() -> None:
    """A quarter of one box is in another of its size: 1 of 7; boxes that only touch: 0; the same box: 1."""
    boxes = torch.tensor([[[0.0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2]]])
    expected = torch.tensor([[[1, 1 / 7, 0], [1 / 7, 1, 1 / 7], [0, 1 / 7, 1]]])
    assert torch.allclose(pairwise_iou(boxes, boxes), expected)


def test_generalized_overlap_tells_distances() -> None:
    """The same box has 1; of boxes apart, the nearer has more; by hand: side by side with a gap as wide, -1/3."""
    box = torch.tensor([0.0, 0, 2, 2])
    others = torch.tensor([[0.0, 0, 2, 2], [4, 0, 6, 2], [8, 0, 10, 2]])
    assert torch.allclose(generalized_iou(box.expand(3, 4), others), torch.tensor([1, -1 / 3, -3 / 5]))


def test_the_better_of_two_boxes_for_one_object_stays() -> None:
    """Of one class; a box of another class stays, and so does one that only a suppressed box overlaps."""
    boxes = torch.tensor([[[0.0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10], [0, 0, 10, 10]]])
    # Overlaps in turn: 8 of 12, 8 of 12; of the first and the third 6 of 14.
    kept = stays(boxes, torch.tensor([[1, 1, 1, 2]]), overlap=0.5)
    assert kept.tolist() == [[True, False, True, True]]
    assert stays(boxes, torch.tensor([[1, 1, 1, 2]]), overlap=0.4).tolist() == [[True, False, False, True]]


def make_outputs(score: float, ways: tuple[float, float, float, float]) -> torch.Tensor:
    """Of 3 classes and 4 x 6 cells, where class 2 is seen in row 1, column 3; `ways` in pixels."""
    outputs = torch.full((1, 7, 4, 6), -10.0)
    outputs[0, 2, 1, 3] = score
    outputs[0, 3:, 1, 3] = (torch.tensor(ways) / STRIDE).log()
    return outputs


def test_a_cell_says_where_edges_are() -> None:
    """The centre of row 1, column 3 is at (14, 6); from there to the edges it is as far as the output says."""
    outputs = make_outputs(2.0, (3.0, 5.0, 7.0, 1.0))
    assert torch.allclose(to_boxes(outputs)[0, 1, 3], torch.tensor([11.0, 1, 21, 7]))
    found = find(outputs)
    assert torch.allclose(found.boxes[0, 0], torch.tensor([11.0, 1, 21, 7]))
    assert found.labels[0, 0] == 2
    assert found.scores[0, 0].item() == pytest.approx(1 / (1 + math.exp(-2)))
    assert found.scores[0, 1:].max() < 1e-4


def test_what_is_found_is_in_order_and_once() -> None:
    """Cells that see the same object leave one box, the best one; scores fall to the 0 of what did not stay."""
    outputs = make_outputs(2.0, (3.0, 5.0, 7.0, 1.0))
    outputs[0, 2, 1, 4] = 3.0  # the centre of the next cell is 4 pixels on
    outputs[0, 3:, 1, 4] = (torch.tensor([7.0, 5.0, 3.0, 1.0]) / STRIDE).log()
    found = find(outputs, most=10)
    assert found.scores.shape == (1, 10)
    assert (found.scores[0] > 0.1).sum() == 1
    assert torch.equal(found.scores, found.scores.sort(dim=1, descending=True).values)


def test_for_people_each_object_has_one_name() -> None:
    """A cell that sees two classes has two objects for metrics, and the likelier one where `per_class` is false."""
    outputs = make_outputs(2.0, (3.0, 5.0, 7.0, 1.0))
    outputs[0, 1, 1, 3] = 1.0
    assert (find(outputs).scores > 0.1).sum() == 2
    once = find(outputs, per_class=False)
    assert ((once.scores > 0.1).sum(), once.labels[0, 0]) == (1, 2)


def test_an_untrained_network_says_nothing_infinite() -> None:
    """However large the output, edges are numbers."""
    assert to_boxes(torch.full((1, 7, 2, 2), 1e4)).isfinite().all()
