from __future__ import annotations

from itertools import chain

import pytest
from tests.runtime.distributed.processes import Team
from tests.runtime.distributed.programs import auto_jobs

from scaffold_runtime import distributed as idist


def test_ddp_and_fsdp_reach_the_losses_of_one_process(team: Team) -> None:
    """Replicated or sharded, whole or block by block, the losses are those of one process, but for roundings."""
    alone = auto_jobs.train("ddp")
    for arguments in (("ddp",), ("fsdp",), ("fsdp", True), ("fsdp", True, True)):
        for measured in team.do("auto_jobs.train", *arguments):
            assert measured["losses"] == pytest.approx(alone["losses"], rel=auto_jobs.ROUNDING), arguments


@pytest.mark.parametrize("way", ["ddp", "fsdp"])
def test_accumulated_gradients(two: Team, way: str) -> None:
    """Two processes that accumulate gradients end with the parameters of one, also where an epoch cuts a window."""
    alone = auto_jobs.accumulate("none")
    for own in two.do("auto_jobs.accumulate", way):
        for values, expected in zip(own, alone, strict=True):
            assert values == pytest.approx(expected, rel=auto_jobs.ROUNDING, abs=auto_jobs.ROUNDING)


def test_who_wraps_what(two: Team) -> None:
    """DDP wraps the model; FSDP2 keeps it, and each process holds half of the parameters."""
    replicated, sharded = two.do("auto_jobs.train", "ddp")[0], two.do("auto_jobs.train", "fsdp", True)
    assert replicated["type"] == "DistributedDataParallel"
    assert replicated["local"] == replicated["elements"]
    assert sharded[0]["type"] == "FSDPSequential"
    assert sum(own["local"] for own in sharded) == sharded[0]["elements"]
    assert all(own["local"] < own["elements"] for own in sharded)


def test_a_network_that_does_not_train_needs_no_wrapper(two: Team) -> None:
    """A frozen network and a loss have nothing to average: they are copies of rank 0's, as one process has them."""
    first, second = two.do("auto_jobs.frozen")
    assert first == second
    assert first == auto_jobs.frozen()


def test_buffers_are_those_of_rank_0(two: Team) -> None:
    """Each process has its own running mean, 0.1 of the mean of what it saw; once shared all have rank 0's."""
    first, second = two.do("auto_jobs.own_buffers")
    assert first == pytest.approx([0.2, 0.2, 1])
    assert second == pytest.approx([0.3, 0.2, 1])


def test_mixed_precision_keeps_float32_parameters(two: Team) -> None:
    """Under FSDP2 with bfloat16 the parameters stay float32, and the losses are near."""
    alone = auto_jobs.train("ddp")
    for measured in two.do("auto_jobs.train", "fsdp", True, False, True):
        assert measured["dtypes"] == {"torch.float32"}
        # A bfloat16 has eight bits: one rounding is 4e-3, four layers of them 2e-2. 256 of float32 would be 3e-5.
        assert measured["losses"] == pytest.approx(alone["losses"], rel=0.05)
        assert measured["losses"] != pytest.approx(alone["losses"], rel=1e-4), "it computed in bfloat16"


def test_checkpointed_activations_are_computed_again() -> None:
    """With `checkpoint_activations`, each block runs twice a step, and the losses are the same, bit by bit."""
    kept, forgotten = auto_jobs.train("ddp"), auto_jobs.train("ddp", False, True)
    assert forgotten["losses"] == kept["losses"]
    assert (kept["calls"], forgotten["calls"]) == (2 * 4, 2 * 2 * 4)


def test_a_class_that_is_not_there(two: Team) -> None:
    """A class to wrap that the model lacks is named: silence would leave the memory full."""
    assert two.do("auto_jobs.wrong_class")[0] == "`wrap` names Block, and the model has no such module."


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


def test_nobody_shuffles_unasked(two: Team) -> None:
    """Several processes keep the order as one does, as long as `shuffle` is not given."""
    assert two.do("auto_jobs.ordered", False) == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]


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
