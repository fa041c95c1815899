"""Cells learn to see what they should, and a right answer costs nothing."""

import math

import pytest
import torch
from project_name.boxes import STRIDE, cell_centres
from project_name.loss import DetectionLoss, assign, focal_loss

NONE = [0.0, 0.0, 0.0, 0.0, -1.0]


def answers(targets: torch.Tensor, num_classes: int, size: int, certainty: float = 20.0) -> torch.Tensor:
    """Outputs that say of each cell what it should see."""
    boxes, labels = assign(targets, size, size)
    centres = cell_centres(size, size, device=targets.device)
    outputs = torch.full((len(targets), num_classes + 4, size, size), -certainty)
    for image, row, column in (labels >= 0).nonzero().tolist():
        outputs[image, labels[image, row, column], row, column] = certainty
        box, centre = boxes[image, row, column], centres[row, column]
        ways = torch.cat((centre - box[:2], box[2:] - centre))
        outputs[image, -4:, row, column] = (ways / STRIDE).log()
    return outputs


def test_cells_near_the_middle_of_an_object_see_it() -> None:
    """Of a box from 4 to 20 the middle is 12: centres 6, 10, 14 and 18 are in it, 10 and 14 near."""
    _, labels = assign(torch.tensor([[[4.0, 4, 20, 20, 2], NONE]]), 8, 8)
    seen = torch.full((8, 8), -1)
    seen[2:4, 2:4] = 2
    assert labels[0].tolist() == seen.tolist()


def test_of_two_objects_the_smaller_is_seen() -> None:
    """Where a small one lies in the middle of a large one; the other cells see the large one."""
    boxes, labels = assign(torch.tensor([[[0.0, 0, 32, 32, 0], [13, 13, 16, 16, 1]]]), 8, 8)
    assert labels[0, 3, 3] == 1
    assert boxes[0, 3, 3].tolist() == [13, 13, 16, 16]
    assert labels[0, 4, 4] == 0
    assert (labels[0] == 1).sum() == 1


def test_an_object_between_the_centres_is_seen() -> None:
    """A box of one pixel, in which no cell has its centre, is seen by the cell that it is in."""
    _, labels = assign(torch.tensor([[[4.0, 8, 5, 9, 1]]]), 8, 8)
    assert (labels[0] == 1).nonzero().tolist() == [[2, 1]]


def test_a_right_answer_costs_nothing() -> None:
    """Certain classes and exact edges; an image without objects, of which nothing is said, too."""
    targets = torch.tensor([[[4.0, 4, 20, 20, 2], [20, 20, 28, 30, 0]], [NONE, NONE]])
    assert DetectionLoss()(answers(targets, 3, 8), targets).item() == pytest.approx(0, abs=1e-5)


def test_what_is_wrong_costs() -> None:
    """Another class, other edges, an object that is not there: each costs more than nothing."""
    targets = torch.tensor([[[4.0, 4, 20, 20, 2], NONE]])
    right, loss_fn = answers(targets, 3, 8, certainty=5.0), DetectionLoss()
    base = loss_fn(right, targets)
    for channel, row, column in ((2, 2, 2), (0, 0, 0), (4, 2, 2)):
        wrong = right.clone()
        wrong[0, channel, row, column] *= -1
        wrong[0, channel, row, column] += 1  # an edge that is at its cell's border is its own negative
        assert loss_fn(wrong, targets) > base + 0.01


def test_a_batch_costs_the_mean_of_its_images() -> None:
    """So that a batch and its halves in two processes move the weights alike, however many objects they have."""
    torch.manual_seed(0)
    targets = torch.tensor([[[4.0, 4, 20, 20, 2], [20, 20, 28, 30, 0]], [NONE, NONE], [[1.0, 1, 9, 9, 1], NONE]])
    outputs, loss_fn = torch.randn(3, 7, 8, 8), DetectionLoss()
    alone = [loss_fn(outputs[[index]], targets[[index]]).item() for index in range(3)]
    assert loss_fn(outputs, targets).item() == pytest.approx(sum(alone) / 3, rel=1e-5)


def test_focal_loss_is_as_published() -> None:
    """-alpha (1 - p)^gamma log(p), of the probability p of what is true."""
    scores, targets = torch.tensor([math.log(3), math.log(3)]), torch.tensor([1.0, 0.0])  # probability 0.75
    expected = [-0.25 * 0.25**2 * math.log(0.75), -0.75 * 0.75**2 * math.log(0.25)]
    assert focal_loss(scores, targets).tolist() == pytest.approx(expected)
