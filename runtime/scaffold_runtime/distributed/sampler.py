"""Which samples each process sees, and how far it is.

For training, the permutation is cut into global batches first and each of them is shared out among
the processes, so the batches that the optimizer sees do not depend on how many processes there are, and
a run can be continued by more or fewer of them. Nothing is repeated to make shares equal: the last
global batch is shared as evenly as it goes. For evaluation the samples are dealt out in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import torch
from torch import Tensor
from torch.utils.data import Sampler


class EpochBatch(list[int]):
    """Indices of a batch, which know their epoch: `SeededSamples` reads it where the samples are made."""

    epoch = 0


class ShardedBatchSampler(Sampler[list[int]]):
    """Batches of indices for one process of several.

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
        ValueError: there are fewer samples or a smaller batch than processes, in training.

    Example:
        >>> shards = [ShardedBatchSampler(10, 4, shuffle=False, rank=rank, world_size=2) for rank in (0, 1)]
        >>> [list(shard) for shard in shards]
        [[[0, 1], [4, 5], [8]], [[2, 3], [6, 7], [9]]]
        >>> shards[0].skip(4)
        >>> list(shards[0])
        [[4, 5], [8]]
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        *,
        shuffle: bool = True,
        drop_last: bool = False,
        evaluate: bool = False,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        order: Iterable[int] | None = None,
    ) -> None:
        if not evaluate and min(num_samples, batch_size) < world_size:
            raise ValueError(
                f"{world_size} processes cannot share batches of {batch_size} out of {num_samples} samples: each needs "
                "at least one sample of every batch. Use a larger batch, or fewer processes."
            )
        self.num_samples = num_samples
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.evaluate = evaluate
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.order = order
        self._epoch = 0
        self._skip = 0  # of the coming iteration
        self._start = 0  # of the current one

    def set_epoch(self, epoch: int) -> None:
        """Chooses the permutation, counted from 0."""
        self._epoch = epoch

    def skip(self, samples: int) -> None:
        """The next iteration starts after this many samples of all processes; the one after it at 0."""
        self._skip = self._start = samples

    def samples_after(self, batches: int) -> int:
        """Samples that all processes have consumed once each has yielded `batches` batches since the skip."""
        if batches >= self._num_rounds(self._start):
            return self.num_samples
        return min(self._start + batches * self._round_size, self.num_samples)

    def __len__(self) -> int:
        if self.evaluate:
            return -(-len(self._dealt(self._skip)) // self._local_batch_size)
        return self._num_rounds(self._skip)

    def __iter__(self) -> Iterator[list[int]]:
        # A generator: a loader with workers calls this twice and walks over the second only, which has the skip then.
        self._start, self._skip = self._skip, 0
        indices = self._indices()
        for share in self._evaluation_shares() if self.evaluate else self._training_shares():
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
    def _local_batch_size(self) -> int:
        return max(1, self.batch_size // self.world_size)

    @property
    def _round_size(self) -> int:
        """Samples of all processes together while each makes a batch."""
        return self._local_batch_size * self.world_size if self.evaluate else self.batch_size

    def _num_rounds(self, start: int) -> int:
        """Global batches from `start` on; a last one that is too small to share joins the one before."""
        full, left = divmod(self.num_samples - start, self._round_size)
        if left == 0 or (self.drop_last and not self.evaluate):
            return full
        return full if full and left < self.world_size and not self.evaluate else full + 1

    def _training_shares(self) -> Iterator[slice]:
        first, rounds = self._start, self._num_rounds(self._start)
        for number in range(1, rounds + 1):
            is_last = number == rounds and not self.drop_last
            end = self.num_samples if is_last else first + self.batch_size
            yield self._share(first, end)
            first = end

    def _share(self, first: int, end: int) -> slice:
        size = end - first
        if size < self.world_size:  # only after a resume by more processes: rather a sample twice than a process idle
            own = first + self.rank % size
            return slice(own, own + 1)
        return slice(first + size * self.rank // self.world_size, first + size * (self.rank + 1) // self.world_size)

    def _evaluation_shares(self) -> Iterator[slice]:
        dealt = self._dealt(self._start)
        for first in range(0, len(dealt), self._local_batch_size):
            share = dealt[first : first + self._local_batch_size]
            yield slice(share.start, share.stop, share.step)

    def _dealt(self, start: int) -> range:
        return range(start + self.rank, self.num_samples, self.world_size)
