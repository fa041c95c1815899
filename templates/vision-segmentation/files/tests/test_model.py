"""The network fits its images and learns with all of its parts."""

import pytest
import torch
from project_name.model import ModelConfig, build_model


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 32, 32), (3, 45, 30)])
def test_each_pixel_has_scores(channels: int, height: int, width: int) -> None:
    """Images of any size give one score per class and pixel, and every parameter gets a gradient."""
    network = build_model(ModelConfig(width=4, levels=3), channels=channels, num_classes=5)
    scores = network(torch.randn(2, channels, height, width))
    assert scores.shape == (2, 5, height, width)
    scores.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_pixel_is_judged_by_what_is_around_it() -> None:
    """The score of a pixel depends on others, far beyond one convolution, and not on other images."""
    torch.manual_seed(0)
    network = build_model(ModelConfig(width=4, levels=3), channels=1, num_classes=2).eval()
    images = torch.randn(2, 1, 32, 32, requires_grad=True)
    network(images)[0, 0, 16, 16].backward()
    assert images.grad is not None
    assert images.grad[0, 0, :, :5].any()
    assert not images.grad[1].any()
