from __future__ import annotations

import pytest
from tests.runtime.distributed.processes import Team
from tests.runtime.distributed.programs import auto_jobs

from scaffold_runtime import distributed as idist

TOLERANCE = 1e-5  # float32 sums in another order


def test_ddp_and_fsdp_reach_the_losses_of_one_process(team: Team) -> None:
    """Replicated or sharded, whole or block by block, the losses are those of one process, within 1e-5."""
    alone = auto_jobs.train("auto")
    for arguments in (("auto",), ("fsdp",), ("fsdp", True), ("fsdp", True, True)):
        for measured in team.do("auto_jobs.train", *arguments):
            assert measured["losses"] == pytest.approx(alone["losses"], rel=TOLERANCE), arguments


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_accumulated_gradients(two: Team, strategy: str) -> None:
    """Two processes that accumulate gradients end with the parameters of one, also where an epoch cuts a window."""
    alone = auto_jobs.accumulate("none")
    for own in two.do("auto_jobs.accumulate", strategy):
        for values, expected in zip(own, alone, strict=True):
            assert values == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)


def test_who_wraps_what(two: Team) -> None:
    """DDP wraps the model; FSDP2 keeps it, and each process holds half of the parameters."""
    replicated, sharded = two.do("auto_jobs.train", "ddp")[0], two.do("auto_jobs.train", "fsdp", True)
    assert replicated["type"] == "DistributedDataParallel"
    assert replicated["local"] == replicated["elements"]
    assert sharded[0]["type"] == "FSDPSequential"
    assert sum(own["local"] for own in sharded) == sharded[0]["elements"]
    assert all(own["local"] < own["elements"] for own in sharded)


def test_buffers_are_those_of_rank_0(two: Team) -> None:
    """Each process has its own running mean, 0.1 of the mean of what it saw; once shared all have rank 0's."""
    first, second = two.do("auto_jobs.own_buffers")
    assert first == pytest.approx([0.2, 0.2, 1])
    assert second == pytest.approx([0.3, 0.2, 1])


def test_none_leaves_the_processes_alone(two: Team) -> None:
    """`strategy="none"` neither wraps nor shares: processes that begin differently stay different."""
    own = two.do("auto_jobs.train", "none")
    assert own[0]["type"] == "Sequential"


def test_mixed_precision_keeps_float32_parameters(two: Team) -> None:
    """Under FSDP2 with bfloat16 the parameters stay float32, and the losses are near."""
    alone = auto_jobs.train("auto")
    for measured in two.do("auto_jobs.train", "fsdp", True, False, True):
        assert measured["dtypes"] == {"torch.float32"}
        assert measured["losses"] == pytest.approx(alone["losses"], rel=0.05)
        assert measured["losses"] != pytest.approx(alone["losses"], rel=TOLERANCE), "it computed in bfloat16"


def test_checkpointed_activations_are_computed_again() -> None:
    """With `checkpoint`, each block runs twice a step, and the losses are the same, bit by bit."""
    kept, forgotten = auto_jobs.train("auto"), auto_jobs.train("auto", False, True)
    assert forgotten["losses"] == kept["losses"]
    assert (kept["calls"], forgotten["calls"]) == (2 * 4, 2 * 2 * 4)


def test_wrong_strategies(two: Team) -> None:
    """A class that the model lacks, and a strategy that does not exist, are named."""
    assert two.do("auto_jobs.wrong_strategy")[0] == "`wrap` names Block, and the model has no such module."
    with pytest.raises(ValueError, match="`strategy` should be auto, none, ddp or fsdp, got 'zero'"):
        idist.auto_model(auto_jobs.Block(), strategy="zero")  # type: ignore[arg-type]
