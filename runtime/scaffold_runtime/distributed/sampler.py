"""Which samples each process sees, and how far it is.

For training, the permutation is cut into global batches first and each of them is shared out among
the processes, so the batches that the optimizer sees do not depend on how many processes there are, and
a run can be continued by more or fewer of them. Nothing is repeated or left out to make shares equal: they
differ by a sample where a batch does not divide. If the last batch would be short, the last four are made
equally large, and so, wherever a run stops, enough samples are left for as many processes as three quarters
of a batch has samples. For evaluation the samples are dealt out in turn.
"""

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from itertools import chain, repeat
from typing import cast

import torch
from torch import Tensor
from torch.utils.data import Sampler

from ..exceptions import LaunchError

NUM_EVENED = 4


class EpochBatch(list[int]):
    """Indices of a batch, which know their epoch: `SeededSamples` reads it where the samples are made."""

    epoch = 0


@dataclass(eq=False)
class ShardedBatchSampler(Sampler[list[int]]):
    """Batches of indices for one process of several.

    Every process makes equally many batches in training, and every sample of an epoch is in exactly one of them. Where
    shares of a batch differ, means over processes, as DDP takes them, weigh the samples of a smaller share more:
    by one part in so many as it has.

    Args:
        num_samples: of an epoch, over all processes.
        batch_size: samples of a global batch, over all processes.
        shuffle: a new permutation each epoch, from `seed + epoch`.
        drop_last: leave out the last global batch if it is short.
        evaluate: keep the order, deal samples out in turn; processes may have unequal or no shares.
        seed: of the permutations.
        rank: of this process.
        world_size: processes in all.
        order: gives the indices of an epoch, `num_samples` of them, in place of a permutation: a sampler of
            torch, for instance. It draws its random numbers from torch, which is seeded for it.

    Raises:
        LaunchError: there are fewer samples or a smaller batch than processes, in training.

    Example:
        >>> shards = [ShardedBatchSampler(10, 4, shuffle=False, rank=rank, world_size=2) for rank in (0, 1)]
        >>> [list(shard) for shard in shards]
        [[[0, 1], [4], [7]], [[2, 3], [5, 6], [8, 9]]]
        >>> shards[0].skip(4)
        >>> list(shards[0])
        [[4], [7]]
        >>> [len(batch) for batch in ShardedBatchSampler(101, 20)]
        [20, 20, 16, 15, 15, 15]
    """

    num_samples: int
    batch_size: int
    _: KW_ONLY
    shuffle: bool = True
    drop_last: bool = False
    evaluate: bool = False
    seed: int = 0
    rank: int = 0
    world_size: int = 1
    order: Iterable[int] | None = None

    def __post_init__(self) -> None:
        self._epoch = 0
        self._skip = 0  # of the coming iteration
        self._start = 0  # of the current one
        sizes = f"batches of {self.batch_size} out of {self.num_samples} samples"
        if not self.evaluate and min(self.num_samples, self.batch_size) < self.world_size:
            raise LaunchError(
                f"{self.world_size} processes cannot share {sizes}: each needs at least one sample of every batch.",
                "Use a larger batch, or fewer processes.",
            )

    def set_epoch(self, epoch: int) -> None:
        """Chooses the permutation, counted from 0."""
        self._epoch = epoch

    def skip(self, samples: int) -> None:
        """The next iteration starts after this many samples of all processes; the one after it at 0.

        Raises:
            ValueError: in training, fewer samples are left than there are processes.
        """
        left = self.num_samples - samples
        if not (self.evaluate or self.drop_last) and 0 < left < self.world_size:
            raise ValueError(
                f"{self.world_size} processes cannot share the last {left} of {self.num_samples} samples of an epoch: "
                f"each needs at least one. Go on with at most {left} processes until the epoch ends."
            )
        self._skip = self._start = samples

    def samples_after(self, batches: int) -> int:
        """Samples that all processes have consumed once each has yielded `batches` batches since the skip."""
        start = self._start
        if self.evaluate:
            return min(start + batches * self._dealt_at_once, self.num_samples)
        whole, uneven = self._plan(start)
        if batches >= whole + len(uneven):
            return self.num_samples
        return start + min(batches, whole) * self.batch_size + sum(uneven[: max(0, batches - whole)])

    def __len__(self) -> int:
        if self.evaluate:
            return len(self._evaluation_shares(self._skip))
        whole, uneven = self._plan(self._skip)
        return whole + len(uneven)

    def __iter__(self) -> Iterator[list[int]]:
        # A generator: a loader with workers calls this twice and walks over the second only, which has the skip then.
        self._start, self._skip = self._skip, 0
        indices = self._indices()
        for share in self._evaluation_shares(self._start) if self.evaluate else self._training_shares():
            batch = EpochBatch(cast("list[int]", indices[share].tolist()))
            batch.epoch = self._epoch
            yield batch

    def _indices(self) -> Tensor:
        seed = self.seed + self._epoch
        if self.order is not None:
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed)
                return torch.tensor(list(self.order))
        if self.evaluate or not self.shuffle:
            return torch.arange(self.num_samples)
        return torch.randperm(self.num_samples, generator=torch.Generator().manual_seed(seed))

    @property
    def _dealt_at_once(self) -> int:
        """Samples of an evaluation batch of all processes, equally many for each."""
        return max(1, self.batch_size // self.world_size) * self.world_size

    def _plan(self, start: int) -> tuple[int, list[int]]:
        """Global batches from `start` on: how many are whole, and the sizes of those at the end that are not.

        Planned anew from the end of any of its batches, the rest is the same: a run that goes on there takes them.
        """
        left = self.num_samples - start
        whole, short = divmod(left, self.batch_size)
        if short == 0 or self.drop_last:
            return whole, []
        whole = max(0, whole + 1 - NUM_EVENED)
        left -= whole * self.batch_size
        evened = max(1, min(-(-left // self.batch_size), left // self.world_size))
        return whole, [-(-(left - number) // evened) for number in range(evened)]

    def _training_shares(self) -> Iterator[slice]:
        first = self._start
        whole, uneven = self._plan(first)
        for size in chain(repeat(self.batch_size, whole), uneven):
            bounds = (first + size * rank // self.world_size for rank in (self.rank, self.rank + 1))
            yield slice(*bounds)
            first += size

    def _evaluation_shares(self, start: int) -> list[slice]:
        firsts = range(start + self.rank, self.num_samples, self._dealt_at_once)
        return [slice(first, first + self._dealt_at_once, self.world_size) for first in firsts]
