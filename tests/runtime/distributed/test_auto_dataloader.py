from __future__ import annotations

from itertools import chain

import pytest
from tests.runtime.distributed.processes import Team
from tests.runtime.distributed.programs import auto_jobs

from scaffold_runtime import distributed as idist


def test_augmentation_depends_on_neither_workers_nor_processes(team: Team) -> None:
    """Batches, noise included, are the same with 0, 1 and 2 workers, and together the same for all team sizes."""
    alone = auto_jobs.epoch(num_workers=0)
    assert auto_jobs.epoch(num_workers=2) == alone
    for num_workers in (0, 1) if team.world_size < 4 else (0,):
        parts = team.do("auto_jobs.epoch", num_workers)
        assert [list(chain(*batch)) for batch in zip(*parts, strict=True)] == alone


def test_batch_size_counts_all_processes_or_one(two: Team) -> None:
    """`batch_size` is divided by the number of processes, unless `per_process` says that it is one's own."""
    assert [[len(batch) for batch in own] for own in two.do("auto_jobs.epoch", 0, 6)] == [[3, 3], [3, 3]]
    assert [[len(batch) for batch in own] for own in two.do("auto_jobs.epoch", 0, 6, True)] == [[6], [6]]


@pytest.mark.parametrize("number", [13, 3, 1])
def test_evaluation_sees_each_sample_once(number: int, team: Team) -> None:
    """Shares may be unequal or empty; together they are the samples."""
    assert sorted(chain(*team.do("auto_jobs.evaluation", number))) == list(range(number))


def test_streams_are_split_without_overlap(two: Team) -> None:
    """An iterable dataset is dealt out, in equal shares for training; with `split=False` it is left alone."""
    assert two.do("auto_jobs.stream", True) == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert two.do("auto_jobs.stream", False) == [list(range(9))] * 2


def test_samplers_of_torch_order_the_samples_of_all(two: Team) -> None:
    """A sampler given by the program decides the order for all processes together."""
    assert two.do("auto_jobs.ordered") == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]


def test_workers_are_those_of_the_machine(two: Team) -> None:
    """`num_workers` is shared by the machine's processes, rounded up."""
    assert two.do("auto_jobs.num_workers_of", 3) == [2, 2]
    assert two.do("auto_jobs.num_workers_of", 0) == [0, 0]


def test_tensors_are_not_wrapped_and_other_datasets_are() -> None:
    """Only datasets that may be random are seeded for each sample."""
    assert isinstance(idist.auto_dataloader(auto_jobs.Augmented(), batch_size=2).dataset, idist.SeededSamples)
    tensors = auto_jobs.torch.utils.data.TensorDataset(auto_jobs.torch.arange(3))
    part = auto_jobs.torch.utils.data.Subset(tensors, [0, 1])
    assert idist.auto_dataloader(part, batch_size=2).dataset is part
