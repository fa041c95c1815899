"""One process's share of what any sampler draws, as PyTorch-Ignite's programs ask for it by name."""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DistributedSampler, Sampler


class DistributedProxySampler(DistributedSampler[Any]):
    """Deals out the samples of another sampler, which draws the same ones on all processes.

    It is seeded with the epoch, and starts again until all processes have equally many. `auto_dataloader` shares out a
    sampler without this class, each sample once.

    Args:
        sampler: with a length; none that deals out samples itself.
        num_replicas: processes in all; those of the process group if not given.
        rank: this process's number; that in the group if not given.

    Raises:
        TypeError: it is no sampler, or has no length, or deals out samples itself.

    Example:
        >>> weighted = torch.utils.data.WeightedRandomSampler([1.0, 0.0, 1.0], num_samples=4)
        >>> shares = [list(DistributedProxySampler(weighted, num_replicas=2, rank=rank)) for rank in (0, 1)]
        >>> [len(share) for share in shares], 1 in shares[0] + shares[1]
        ([2, 2], False)
    """

    def __init__(self, sampler: Sampler[Any], num_replicas: int | None = None, rank: int | None = None) -> None:
        if not isinstance(sampler, Sampler):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`sampler` should be one of torch's `Sampler`s, got a {type(sampler).__name__}.")
        if isinstance(sampler, DistributedSampler):
            raise TypeError("`sampler` deals out samples to processes already; it needs no other for that.")
        if not hasattr(sampler, "__len__"):
            raise TypeError(f"`sampler` should have a length, and a {type(sampler).__name__} has none.")
        super().__init__(sampler, num_replicas, rank, shuffle=False)  # pyright: ignore[reportArgumentType]
        self.sampler = sampler

    def __iter__(self) -> Iterator[Any]:
        drawn: list[Any] = []
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.epoch)
            while len(drawn) < self.total_size:
                drawn += self.sampler
        return iter(drawn[self.rank : self.total_size : self.num_replicas])
