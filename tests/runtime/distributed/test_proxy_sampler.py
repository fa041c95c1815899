"""One process's share of what any sampler draws."""

import warnings

import pytest
import torch
from torch.utils.data import DistributedSampler, RandomSampler, Sampler, SequentialSampler, WeightedRandomSampler

import scaffold_runtime.distributed as idist

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ignite.distributed as theirs

SAMPLERS = {
    "sequential": lambda: SequentialSampler(range(7)),
    "random": lambda: RandomSampler(range(7)),
    "weighted": lambda: WeightedRandomSampler([1.0, 2.0, 0.0, 4.0], num_samples=9),
    "shorter than a round": lambda: SequentialSampler(range(2)),
}


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
@pytest.mark.parametrize("kind", SAMPLERS)
def test_shares(kind, processes):
    """They are Ignite's, epoch after epoch, and leave the program's own random numbers alone."""
    for rank in range(processes):
        ours = idist.DistributedProxySampler(SAMPLERS[kind](), num_replicas=processes, rank=rank)
        known = theirs.DistributedProxySampler(SAMPLERS[kind](), num_replicas=processes, rank=rank)
        for epoch in range(3):
            ours.set_epoch(epoch)
            known.set_epoch(epoch)
            before = torch.get_rng_state()
            share = list(ours)
            assert torch.equal(torch.get_rng_state(), before)
            assert (share, len(ours)) == (list(known), len(known))


class Endless(Sampler[int]):
    """It has no length."""

    def __iter__(self):
        yield from iter(int, 1)


@pytest.mark.parametrize(
    ("sampler", "message"),
    [
        ([0, 1], "`sampler` should be one of torch's `Sampler`s, got a list."),
        (Endless(), "`sampler` should have a length, and a Endless has none."),
        (
            DistributedSampler(range(4), num_replicas=2, rank=0),
            "`sampler` deals out samples to processes already; it needs no other for that.",
        ),
    ],
)
def test_what_cannot_be_dealt_out(sampler, message):
    """It is refused with a sentence."""
    with pytest.raises(TypeError) as caught:
        idist.DistributedProxySampler(sampler, num_replicas=2, rank=0)
    assert str(caught.value) == message
