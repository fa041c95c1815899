"""The network fits its images and learns with all of its parts."""

import pytest
import torch
from project_name.model import ModelConfig, build_model


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 32, 32), (3, 60, 36)])
@pytest.mark.parametrize("levels", [0, 2])
def test_each_cell_has_scores_and_a_box(channels: int, height: int, width: int, levels: int) -> None:
    """Images of any size give a cell for each 4 x 4 pixels, and every parameter gets a gradient."""
    network = build_model(ModelConfig(width=8, levels=levels), channels=channels, num_classes=5)
    outputs = network(torch.randn(2, channels, height, width))
    assert outputs.shape == (2, 9, height // 4, width // 4)
    outputs.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_at_first_nothing_is_seen() -> None:
    """Before training every class has a probability of about 1 %."""
    network = build_model(ModelConfig(width=8, levels=1), channels=1, num_classes=5)
    assert network(torch.zeros(4, 1, 32, 32))[:, :5].sigmoid().mean().item() == pytest.approx(0.01, abs=0.005)
