"""The network fits its images and learns with all of its parts."""

import pytest
import torch
from project_name.model import ModelConfig, build_model


@pytest.mark.parametrize(("channels", "size"), [(1, 8), (3, 32)])
def test_scores_have_a_column_per_class(channels: int, size: int) -> None:
    """Images of any size give one score per class, and every parameter gets a gradient."""
    network = build_model(ModelConfig(width=8), channels=channels, num_classes=5)
    scores = network(torch.randn(2, channels, size, size))
    assert scores.shape == (2, 5)
    scores.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
