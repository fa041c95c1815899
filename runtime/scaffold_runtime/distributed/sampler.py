"""Which samples each process sees, and how far it is.

For training, the permutation is cut into global batches first and each of them is shared out among
the processes, so the batches that the optimizer sees do not depend on how many processes there are, and
a run can be continued by more or fewer of them. Nothing is repeated to make shares equal: the last
global batch is shared as evenly as it goes. For evaluation the samples are dealt out in turn.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Sampler


class ShardedBatchSampler(Sampler[list[int]]):
    """Batches of indices for one process of several.

    Args:
        num_samples: size of the dataset.
        batch_size: samples of a global batch, over all processes.
        shuffle: a new permutation each epoch, from `seed + epoch`.
        drop_last: leave out the last global batch if it is short.
        evaluate: keep the order, deal samples out in turn; processes may have unequal or no shares.
        seed: of the permutations.
        rank: of this process.
        world_size: processes in all.

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
        if batches == 0:
            return self._start
        ends = self._ends(self._start)
        return self.num_samples if batches >= len(ends) else ends[batches - 1]

    def __len__(self) -> int:
        if self.evaluate:
            return -(-len(self._dealt(self._skip)) // self._local_batch_size)
        return len(self._ends(self._skip))

    def __iter__(self) -> Iterator[list[int]]:
        self._start, self._skip = self._skip, 0
        return self._evaluation_batches() if self.evaluate else self._training_batches()

    @property
    def _local_batch_size(self) -> int:
        return max(1, self.batch_size // self.world_size)

    def _training_batches(self) -> Iterator[list[int]]:
        order, first = self._order(), self._start
        for end in self._ends(first):
            size = end - first
            share = range(
                first + size * self.rank // self.world_size, first + size * (self.rank + 1) // self.world_size
            )
            yield order[share.start : share.stop].tolist()
            first = end

    def _evaluation_batches(self) -> Iterator[list[int]]:
        dealt = self._dealt(self._start)
        for first in range(0, len(dealt), self._local_batch_size):
            yield list(dealt[first : first + self._local_batch_size])

    def _order(self) -> Tensor:
        if not self.shuffle:
            return torch.arange(self.num_samples)
        return torch.randperm(self.num_samples, generator=torch.Generator().manual_seed(self.seed + self._epoch))

    def _dealt(self, start: int) -> range:
        return range(start + self.rank, self.num_samples, self.world_size)

    def _ends(self, start: int) -> range | list[int]:
        """Where the global batches end; a last one that is too small to share joins the one before."""
        if self.evaluate:
            rounds = range(start, self.num_samples, self._local_batch_size * self.world_size)
            return [min(first + rounds.step, self.num_samples) for first in rounds]
        full = range(start + self.batch_size, self.num_samples + 1, self.batch_size)
        left = (self.num_samples - start) - len(full) * self.batch_size
        if left == 0 or self.drop_last:
            return full
        if left < self.world_size and len(full) > 0:
            return [*full[:-1], self.num_samples]
        return [*full, self.num_samples]
