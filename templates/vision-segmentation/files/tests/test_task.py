"""The loss and the metrics count what they say, by arithmetic done here."""

import math

import pytest
import torch
from project_name.loss import IGNORED
from project_name.task import SCORE, make_loss, make_metrics, to_classes, to_predictions

SIZES = {"num_classes": 3}


def certain(classes: torch.Tensor) -> torch.Tensor:
    """Scores that leave no doubt: masks `(N, H, W)` to `(N, 3, H, W)`."""
    return torch.nn.functional.one_hot(classes, 3).movedim(-1, 1) * 100.0


def test_a_right_answer_costs_nothing_and_no_answer_what_chance_does() -> None:
    """Certain and right is 0; all classes alike cost log(3) for entropy, and what overlap is left for Dice."""
    masks, loss_fn = torch.tensor([[[0, 1], [2, 2]]]), make_loss(SIZES)
    assert loss_fn(certain(masks), masks).item() == pytest.approx(0, abs=1e-5)
    # Of 4 pixels with a third each: overlaps 1/3, 1/3, 2/3 of sums 4/3 + 1, 4/3 + 1, 4/3 + 2.
    dice = (2 * (2 / 3 + 1) / (7 / 3 + 1) + (4 / 3 + 1) / (10 / 3 + 1)) / 3
    assert loss_fn(torch.zeros(1, 3, 2, 2), masks).item() == pytest.approx(math.log(3) + 1 - dice, rel=1e-5)


def test_ignored_pixels_do_not_count() -> None:
    """Whatever is said of pixels that are ignored, loss and mean IoU are those of the others."""
    torch.manual_seed(0)
    masks = torch.tensor([[[0, 1, IGNORED], [2, 2, IGNORED]]])
    scores = torch.randn(1, 3, 2, 3)
    other = scores.clone()
    other[..., 2] = 50 * torch.randn(1, 3, 2)
    loss_fn = make_loss(SIZES)
    assert loss_fn(scores, masks).item() == pytest.approx(loss_fn(other, masks).item())
    found: list[float] = []
    for outputs in (scores, other):
        metric = make_metrics(SIZES, torch.device("cpu"))[SCORE]
        metric.update((outputs, masks))
        found.append(float(metric.compute()))
    assert found[0] == found[1]


def test_a_batch_costs_the_mean_of_its_images() -> None:
    """So that a batch and its halves in two processes move the weights alike, whatever they show."""
    torch.manual_seed(0)
    scores, masks = torch.randn(4, 3, 5, 5), torch.randint(3, (4, 5, 5))
    masks[0, :3] = IGNORED
    loss_fn = make_loss(SIZES)
    alone = [loss_fn(scores[[index]], masks[[index]]).item() for index in range(4)]
    assert loss_fn(scores, masks).item() == pytest.approx(sum(alone) / 4, rel=1e-5)


def test_the_score_is_the_mean_iou() -> None:
    """Class 0 shares 1 of 3 pixels, class 1 has 1 of 3, class 2 all of its 2."""
    masks, said = torch.tensor([[[0, 0, 1], [1, 2, 2]]]), torch.tensor([[[0, 1, 1], [0, 2, 2]]])
    metric = make_metrics(SIZES, torch.device("cpu"))[SCORE]
    metric.update((certain(said), masks))
    assert float(metric.compute()) == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)


def test_predictions_are_shares_of_the_pixels() -> None:
    """An image's row says which part of it is of which class, by name."""
    masks = torch.tensor([[[0, 0], [0, 2]], [[1, 1], [1, 1]]])
    assert to_classes(certain(masks)).equal(masks)
    assert to_predictions(certain(masks), {"classes": ["ground", "cat", "dog"]}) == [
        {"ground": 0.75, "cat": 0.0, "dog": 0.25},
        {"ground": 0.0, "cat": 1.0, "dog": 0.0},
    ]
