"""Augmentation moves, turns and scales what an image shows, a little."""

import torch
from project_name.changes import change, moved, turned


def test_an_image_is_moved_by_an_eighth_at_most() -> None:
    """Up to one of eight pixels up, down, left and right, as often; nothing else is changed."""
    torch.manual_seed(0)
    image = torch.zeros(1, 8, 8)
    image[0, 4, 4] = 1
    places = [moved(image).nonzero().tolist() for _ in range(300)]
    assert {tuple(place) for (place,) in places} == {(0, row, column) for row in (3, 4, 5) for column in (3, 4, 5)}


def test_an_image_is_turned_around_its_middle() -> None:
    """A cross stays a cross in the middle, and its arms are elsewhere than they were."""
    torch.manual_seed(0)
    image = torch.zeros(1, 33, 33)
    image[0, 16], image[0, :, 16] = 1, 1
    seen = torch.stack([turned(image) for _ in range(50)])
    assert seen[:, 0, 16, 16].min() > 0.8
    assert seen[:, 0, 16, 30].std() > 0.2
    assert abs(float(seen[:, 0, :16, 30].mean() - seen[:, 0, 17:, 30].mean())) < 0.05  # to both sides


def test_strong_dims_and_light_does_not() -> None:
    """A white image stays white, or becomes grey."""
    torch.manual_seed(0)
    white = torch.ones(1, 8, 8)
    assert all(torch.equal(change(white, "light"), white) for _ in range(10))
    seen = torch.stack([change(white, "strong") for _ in range(50)])
    assert 0.69 < seen.min() < 0.8
    assert 0.9 < seen.max() <= 1
