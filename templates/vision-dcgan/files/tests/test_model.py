"""The networks fit images of any size, and learn with all of their parts."""

import pytest
import torch
from project_name.model import ModelConfig, build_discriminator, build_model


@pytest.mark.parametrize(("channels", "image_size", "first"), [(1, 8, 2), (3, 16, 2), (3, 64, 4), (3, 128, 8)])
def test_images_have_their_size(channels: int, image_size: int, first: int) -> None:
    """Images of the size and range that the data has; a score for each; every parameter gets a gradient."""
    sizes = {"channels": channels, "image_size": image_size, "latent_size": 5}
    config = ModelConfig(width=4)
    generator, discriminator = build_model(config, **sizes), build_discriminator(config, **sizes)
    assert generator.edge == first
    images = generator(torch.randn(2, 5))
    assert images.shape == (2, channels, image_size, image_size)
    assert images.abs().max() <= 1
    scores = discriminator(images)
    assert scores.shape == (2,)
    scores.square().sum().backward()
    for network in (generator, discriminator):
        assert all(parameter.grad is not None for parameter in network.parameters())
