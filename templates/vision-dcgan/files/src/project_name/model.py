"""The two networks: one makes images of noise, the other tells them from real ones."""

import math
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

MOST_DOUBLINGS = 4  # of height and width, from the generator's first feature map to the image


@dataclass(frozen=True)
class ModelConfig:
    """The networks' size."""

    width: Annotated[int, Meta(ge=1)] = 32
    """Channels of the feature map beside the image; those farther from it have twice as many each."""


class Generator(nn.Module):
    """Transposed convolutions from noise to an image (Radford et al. 2016, arXiv:1511.06434)."""

    def __init__(self, channels: int, image_size: int, latent_size: int, width: int) -> None:
        super().__init__()
        doublings = count_doublings(image_size)
        self.edge = image_size // 2**doublings
        self.channels = width * 2 ** (doublings - 1)
        self.project = nn.Linear(latent_size, self.channels * self.edge**2, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(self.channels), nn.ReLU()]
        for level in reversed(range(doublings - 1)):
            out = width * 2**level
            layers += [double(2 * out, out, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        self.layers = nn.Sequential(*layers, double(width, channels), nn.Tanh())

    def forward(self, noise: Tensor) -> Tensor:
        """Noise `(N, latent_size)` to images `(N, C, H, W)` in `[-1, 1]`."""
        features = self.project(noise).unflatten(1, (self.channels, self.edge, self.edge))
        return self.layers(features)


class Discriminator(nn.Module):
    """Convolutions from an image to a score.

    Spectral norm (Miyato et al. 2018, arXiv:1802.05957) bounds how fast the score can change with the image, so that
    the generator always has a slope to follow. With it, and with little data, batch norm is not needed here; and what
    is said of an image does not depend on the others of its batch.
    """

    def __init__(self, channels: int, image_size: int, width: int) -> None:
        super().__init__()
        doublings = count_doublings(image_size)
        layers: list[nn.Module] = []
        current = channels
        for level in range(doublings):
            out = width * 2**level
            layers += [spectral_norm(nn.Conv2d(current, out, kernel_size=4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
            current = out
        edge = image_size // 2**doublings
        self.layers = nn.Sequential(*layers, nn.Flatten(), spectral_norm(nn.Linear(current * edge**2, 1)))

    def forward(self, images: Tensor) -> Tensor:
        """Images `(N, C, H, W)` to scores `(N,)`: above 0 for real ones."""
        return self.layers(images).squeeze(1)


def count_doublings(image_size: int) -> int:
    """How often height and width are doubled: 64 pixels begin with 4, images of 8 pixels with 2."""
    return min(MOST_DOUBLINGS, int(math.log2(image_size)) - 1)


def double(in_channels: int, out_channels: int, *, bias: bool = True) -> nn.Module:
    """A transposed convolution that doubles height and width; with a batch norm behind it a bias is of no use."""
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1, bias=bias)


def build_model(config: ModelConfig, *, channels: int, image_size: int, latent_size: int) -> nn.Module:
    """The generator, which is what a run comes to."""
    return Generator(channels, image_size, latent_size, config.width)


def build_discriminator(config: ModelConfig, *, channels: int, image_size: int, latent_size: int) -> nn.Module:
    """What it is trained against."""
    return Discriminator(channels, image_size, config.width)
