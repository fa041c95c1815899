"""Images are moved, and gradients find their way back."""

import torch
from project_name.augment import shift


def test_each_image_is_moved_by_at_most_an_eighth() -> None:
    """A bright pixel in the middle goes one pixel at most, in each direction; images of a batch differ."""
    torch.manual_seed(0)
    images = torch.zeros(40, 1, 8, 8, requires_grad=True)
    with torch.no_grad():
        images[:, :, 4, 4] = 1
    moved = shift(images)
    places = {tuple(image[0].nonzero()[0].tolist()) for image in moved}
    assert places == {(row, column) for row in (3, 4, 5) for column in (3, 4, 5)}
    assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.ones(40))
    moved[:, :, 3:6, 3:6].sum().backward()
    assert images.grad is not None
    assert torch.equal(images.grad[:, 0, 4, 4], torch.ones(40))
