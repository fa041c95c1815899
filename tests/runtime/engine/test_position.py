"""Where a run is: the numbers that the loop writes, and the places that follow from them."""

from types import SimpleNamespace

import torch
from torch.utils.data import DataLoader

import scaffold_runtime.distributed as idist
from scaffold_runtime.engine.position import Progress, may_be_empty, sampler_of


def test_places_follow_from_the_marks():
    """Steps done since the epoch and the walk began; a step that was begun and left counts for neither."""
    progress = Progress()
    progress.open_epoch()
    progress.begun = progress.done = 3
    progress.walk_start = progress.done
    progress.open_epoch()
    progress.begun = 5
    progress.done = 4
    assert (progress.epoch_steps, progress.walk_batches, progress.in_step) == (1, 1, True)


def test_place():
    """Going to another place moves the marks, and forgets a step that was left."""
    progress = Progress(begun=8, done=7)
    progress.place(epoch_steps=4, walk_batches=2, epoch_is_open=True)
    assert (progress.epoch_steps, progress.walk_batches, progress.in_step, progress.epoch_is_open) == (
        4,
        2,
        False,
        True,
    )


def test_sampler_of():
    """Only a batch sampler that knows positions is one; torch's own is none, nor is that of data without loader."""
    own = idist.auto_dataloader(range(4), batch_size=2)
    assert sampler_of(own) is own.batch_sampler
    assert sampler_of(DataLoader(range(4), batch_size=2)) is None
    assert sampler_of([1, 2]) is None
    assert sampler_of(SimpleNamespace(batch_sampler=[[0], [1]])) is None


def test_may_be_empty():
    """A process's share of something may be empty; data that is nobody's share may not."""
    assert may_be_empty(idist.auto_dataloader(range(4), batch_size=2))
    assert not may_be_empty(DataLoader(torch.arange(4)))
    assert not may_be_empty([])
