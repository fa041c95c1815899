from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import pytest
import torch

from scaffold_runtime.distributed.sampler import ShardedBatchSampler

SIZES = [(10, 4), (16, 4), (17, 4), (40, 8), (41, 8), (44, 8), (7, 7), (9, 100)]


def shards(num_samples: int, batch_size: int, world_size: int, **kwargs: object) -> list[ShardedBatchSampler]:
    """The samplers of all processes."""
    return [
        ShardedBatchSampler(num_samples, batch_size, rank=rank, world_size=world_size, **kwargs)  # type: ignore[arg-type]
        for rank in range(world_size)
    ]


def global_batches(samplers: Sequence[ShardedBatchSampler]) -> list[list[int]]:
    """What the optimizer sees: the processes' batches together."""
    return [list(chain(*parts)) for parts in zip(*(list(sampler) for sampler in samplers), strict=True)]


@pytest.mark.parametrize(("num_samples", "batch_size"), SIZES)
@pytest.mark.parametrize("world_size", [1, 2, 3, 4])
def test_training_uses_every_sample_once(num_samples: int, batch_size: int, world_size: int) -> None:
    """All processes make equally many steps, none of them empty, and every sample is used exactly once."""
    batches = [list(sampler) for sampler in shards(num_samples, batch_size, world_size)]
    assert len({len(own) for own in batches}) == 1
    assert all(batch for own in batches for batch in own)
    assert sorted(index for own in batches for batch in own for index in batch) == list(range(num_samples))


@pytest.mark.parametrize(("num_samples", "batch_size"), [(16, 4), (40, 8), (41, 8), (44, 8), (45, 8)])
def test_global_batches_do_not_depend_on_the_number_of_processes(num_samples: int, batch_size: int) -> None:
    """1 to 4 processes hand the same samples to the optimizer, in the same steps, to the end of the epoch."""
    alone = global_batches(shards(num_samples, batch_size, 1, seed=5))
    for world_size in (2, 3, 4):
        assert global_batches(shards(num_samples, batch_size, world_size, seed=5)) == alone


@pytest.mark.parametrize(
    ("num_samples", "sizes"),
    [(40, [8] * 5), (41, [8, 8, 7, 6, 6, 6]), (39, [8, 8, 8, 8, 7]), (17, [6, 6, 5]), (9, [5, 4]), (3, [3])],
)
def test_the_last_batches_are_equally_large(num_samples: int, sizes: list[int]) -> None:
    """Where the last batch would be short, it and the three before it are as large as each other, within a sample."""
    assert [len(batch) for batch in ShardedBatchSampler(num_samples, 8)] == sizes


def test_shares_are_equally_large() -> None:
    """A batch is split as evenly as possible: here 3 samples over 2 processes."""
    one, two = shards(3, 4, 2, shuffle=False)
    assert [list(one), list(two)] == [[[0]], [[1, 2]]]


@pytest.mark.parametrize(
    ("num_samples", "world_size", "sizes"),
    [(33, 7, [8, 9, 8, 8]), (10, 6, [10]), (15, 8, [15]), (41, 8, [8, 8, 9, 8, 8])],
)
def test_batches_that_cannot_be_shared_are_fewer(num_samples: int, world_size: int, sizes: list[int]) -> None:
    """With nearly as many processes as samples in a batch, the last ones become larger, so that all have a share."""
    batches = global_batches(shards(num_samples, 8, world_size))
    assert [len(batch) for batch in batches] == sizes


def test_drop_last_leaves_the_tail_out() -> None:
    """With `drop_last` only whole global batches come."""
    assert global_batches(shards(11, 4, 2, shuffle=False, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(shards(11, 4, 2, drop_last=True)[0]) == 2


def test_epochs_are_shuffled_differently_and_repeatably() -> None:
    """An epoch's order depends on seed and epoch only."""
    sampler = ShardedBatchSampler(20, 5, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first
    assert list(ShardedBatchSampler(20, 5, seed=2)) != first


@pytest.mark.parametrize(("num_samples", "batch_size"), SIZES)
@pytest.mark.parametrize("world_size", [1, 2, 3])
@pytest.mark.parametrize("evaluate", [False, True])
def test_skip_goes_on_where_samples_after_says(
    num_samples: int, batch_size: int, world_size: int, evaluate: bool
) -> None:
    """Stopping after any batch and skipping to `samples_after` gives the rest, and `len` counts it."""
    for sampler in shards(num_samples, batch_size, world_size, evaluate=evaluate):
        whole = list(sampler)
        for done in range(len(whole) + 1):
            sampler.skip(0)
            iter(sampler)
            sampler.skip(sampler.samples_after(done))
            assert len(sampler) == len(whole) - done
            assert list(sampler) == whole[done:]
            assert list(sampler) == whole, "a skip concerns one iteration"


def test_positions_add_up_over_several_skips() -> None:
    """`samples_after` counts from the start of the epoch, also after a skip."""
    sampler = ShardedBatchSampler(10, 3, shuffle=False)
    sampler.skip(3)
    iter(sampler)
    assert [sampler.samples_after(batches) for batches in range(4)] == [3, 6, 8, 10]


@pytest.mark.parametrize("world_sizes", [(2, 1, 3), (1, 4, 2), (4, 1, 4)])
@pytest.mark.parametrize(("num_samples", "batch_size"), [(40, 8), (41, 8), (44, 8), (47, 8), (65, 64), (33, 11)])
def test_other_numbers_of_processes_go_on(num_samples: int, batch_size: int, world_sizes: tuple[int, ...]) -> None:
    """Wherever a run stops, others go on: the steps and their samples are those of a run that did not stop."""
    alone = [sorted(batch) for batch in global_batches(shards(num_samples, batch_size, 1, seed=3))]
    for first in range(len(alone) + 1):
        for second in range(first, len(alone) + 1):
            steps: list[list[int]] = []
            consumed = 0
            for world_size, until in zip(world_sizes, (first, second, len(alone)), strict=True):
                team = shards(num_samples, batch_size, world_size, seed=3)
                for sampler in team:
                    sampler.skip(consumed)
                done = global_batches(team)[: until - len(steps)]
                consumed = team[0].samples_after(len(done))
                steps += [sorted(batch) for batch in done]
            assert steps == alone


def test_more_processes_than_samples_left() -> None:
    """Fewer samples than processes cannot be shared, and no batch is left to join: that is said with the numbers."""
    sampler = ShardedBatchSampler(12, 8, world_size=6)
    for fits in (6, 12):
        sampler.skip(fits)
    with pytest.raises(ValueError, match="processes cannot share") as raised:
        sampler.skip(8)
    assert str(raised.value) == (
        "6 processes cannot share the last 4 of 12 samples of an epoch: each needs at least one. "
        "Go on with at most 4 processes until the epoch ends."
    )
    ShardedBatchSampler(12, 8, world_size=6, drop_last=True).skip(8)
    ShardedBatchSampler(12, 8, world_size=6, evaluate=True).skip(8)


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 13])
@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_evaluation_neither_pads_nor_drops(num_samples: int, world_size: int) -> None:
    """Evaluation deals every sample out once, in order; a process may get fewer, or none."""
    dealt = [[i for batch in sampler for i in batch] for sampler in shards(num_samples, 4, world_size, evaluate=True)]
    assert sorted(chain(*dealt)) == list(range(num_samples))
    assert all(own == sorted(own) for own in dealt)


def test_a_sampler_of_torch_gives_the_order() -> None:
    """With `order`, all processes draw the same indices from it, others in each epoch, and share them out."""
    weights = torch.tensor([0.0, 1.0, 1.0, 1.0, 1.0])
    order = torch.utils.data.WeightedRandomSampler(weights.tolist(), 8)
    before = torch.get_rng_state()
    both = shards(8, 4, 2, order=order, seed=1)
    first = global_batches(both)
    assert torch.equal(torch.get_rng_state(), before), "the program's own random numbers go on undisturbed"
    assert 0 not in list(chain(*first))
    assert global_batches(both) == first
    for sampler in both:
        sampler.set_epoch(1)
    assert global_batches(both) != first


@pytest.mark.parametrize(("num_samples", "batch_size"), [(10, 1), (1, 10)])
def test_what_cannot_be_shared_is_refused(num_samples: int, batch_size: int) -> None:
    """Training with fewer samples, or a smaller batch, than processes is an error with both numbers."""
    with pytest.raises(ValueError, match=f"2 processes cannot share batches of {batch_size} out of {num_samples}"):
        ShardedBatchSampler(num_samples, batch_size, world_size=2)
