"""Images with noise to generate others from: the pairs that training and validation read."""

from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import Dataset


class Images(Protocol):
    """Images `(C, H, W)`: a list of them, or what reads them from files."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Tensor: ...


class FreshNoise(Dataset[tuple[Tensor, Tensor]]):
    """Pairs `(noise, image)`, with other noise each time.

    Loaders give each sample of each epoch random numbers of its own: the noise never comes twice, and is the same
    in a resumed run, whatever the number of processes.
    """

    def __init__(self, images: Images, latent_size: int) -> None:
        self.images, self.latent_size = images, latent_size

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return torch.randn(self.latent_size), self.images[index]


class FixedNoise(FreshNoise):
    """The same, with the same noise each time: what is generated from it shows how the network changes.

    Args:
        images: tensors `(C, H, W)`.
        latent_size: numbers of noise for an image.
        seed: of the noise.
    """

    def __init__(self, images: Images, latent_size: int, *, seed: int) -> None:
        super().__init__(images, latent_size)
        self.noise = make_noise(len(self), latent_size, seed=seed)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.noise[index], self.images[index]


def make_noise(count: int, latent_size: int, *, seed: int) -> Tensor:
    """Noise for so many images, `(count, latent_size)`, always the same; from a generator of its own."""
    return torch.randn(count, latent_size, generator=torch.Generator().manual_seed(seed))
