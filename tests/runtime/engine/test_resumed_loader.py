"""A loader seen from the middle of its order: the same batches, nothing read before them, the loader untouched."""

import random

import pytest
import torch
from torch.utils.data import DataLoader, RandomSampler

from scaffold_runtime.engine.resumed_loader import open_loader, order_state, set_order_state, view_of


class Noting:
    """Numbers; notes which were read."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> int:
        self.read.append(index)
        return index


def batches_of(batches):
    """As lists."""
    return [batch.tolist() for batch in batches]


@pytest.mark.parametrize("skip", range(5))
@pytest.mark.parametrize("own_generator", [False, True])
def test_the_rest_of_a_pass(skip, own_generator):
    """From batch `skip` on it is the pass that began with the saved state; what is skipped is not read."""
    generator = torch.Generator() if own_generator else None
    loader = DataLoader(Noting(), batch_size=3, shuffle=True, generator=generator)
    torch.manual_seed(1)
    state = order_state(loader)
    whole = batches_of(loader)
    loader.dataset.read.clear()
    torch.manual_seed(2)
    set_order_state(loader, state) if skip == 0 else None
    assert batches_of(open_loader(loader, skip, state)) == whole[skip:]
    assert loader.dataset.read == [index for batch in whole[skip:] for index in batch]


def test_nothing_is_drawn_from_the_global_generators():
    """Opening in the middle leaves the random state as it was."""
    loader = DataLoader(Noting(), batch_size=3, shuffle=True)
    state = order_state(loader)
    before = torch.get_rng_state(), random.getstate()
    batches_of(open_loader(loader, 2, state))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]


def test_a_sampler_with_its_own_generator():
    """The state of a generator that the user gave to the sampler belongs to the order."""
    generator = torch.Generator().manual_seed(4)
    loader = DataLoader(Noting(), batch_size=5, sampler=RandomSampler(Noting(), generator=generator))
    state = order_state(loader)
    whole = batches_of(loader)
    generator.manual_seed(5)
    assert batches_of(open_loader(loader, 1, state)) == whole[1:]


def test_view():
    """A view is of the loader's class, differs where asked to, and keeps no worker alive."""

    class Own(DataLoader[int]):
        pass

    loader = Own(Noting(), batch_size=3, num_workers=1, persistent_workers=True)
    view = view_of(loader, timeout=7)
    assert type(view) is Own
    assert (view.timeout, view.persistent_workers, view.num_workers) == (7, False, 1)
    assert (loader.timeout, loader.persistent_workers) == (0, True)
