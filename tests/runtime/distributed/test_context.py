from __future__ import annotations

import pytest
from tests.runtime.distributed.processes import Team, free_port
from tests.runtime.distributed.programs import native_jobs

from scaffold_runtime import distributed as idist


def test_one_process_without_a_backend() -> None:
    """Without a launcher there is one process, number 0, and no backend."""
    assert native_jobs.places() == (0, 1, 0, 1, 0, 1)
    assert (idist.backend(), idist.model_name()) == (None, "serial")


def test_places_are_counted_without_a_launcher(team: Team) -> None:
    """Where the environment says only RANK and WORLD_SIZE, host names say what is on this machine."""
    size = team.world_size
    assert team.do("native_jobs.places") == [(rank, size, rank, size, 0, 1) for rank in range(size)]


def test_machines_may_have_different_numbers_of_processes(four: Team) -> None:
    """Two machines with one process and three are two machines, and each knows its own number of processes."""
    assert four.do("native_jobs.unequal_machines", free_port()) == [
        (0, 4, 0, 1, 0, 2),
        *((rank, 4, rank - 1, 3, 1, 2) for rank in (1, 2, 3)),
    ]


def test_getters_only_look_up_a_value(two: Team) -> None:
    """A getter calls nothing, alone or among others: it reads what is known (`bench_idist` has the time)."""
    for called in (native_jobs.calls_of_getters(), *two.do("native_jobs.calls_of_getters")):
        assert called == {name: [name] for name in called}
    assert "all_reduce" in two.do("native_jobs.calls_of_a_collective")[0], "what is called would be seen"


def test_one_rank_may_ask_alone(two: Team) -> None:
    """Getters never communicate: asked on one rank only, nothing waits."""
    assert two.do("native_jobs.asked_by_one") == [True, True]


def test_groups_made_by_the_program(two: Team) -> None:
    """A process group that the program makes itself is taken over, without a hint that it exists."""
    for rank, (before, after, last) in enumerate(two.do("native_jobs.own_group", free_port())):
        assert before == [0, 1, None]
        assert after == [rank, 2, rank, "gloo", 2]
        assert last == 1


def test_public_names() -> None:
    """The names of `idist` are these; all of Ignite's that a program calls are among them."""
    names = {name for name in vars(idist) if not name.startswith("_")}
    modules = {name for name in names if type(getattr(idist, name)).__name__ == "module"}
    of_ignite = {
        *("all_gather", "all_gather_tensors_with_shapes", "all_reduce", "auto_dataloader", "auto_model", "auto_optim"),
        *(
            "available_backends",
            "backend",
            "barrier",
            "broadcast",
            "device",
            "finalize",
            "get_local_rank",
            "get_nnodes",
        ),
        *("get_node_rank", "get_nproc_per_node", "get_rank", "get_world_size", "hostname", "initialize", "model_name"),
        *("DistributedProxySampler", "has_hvd_support", "has_native_dist_support", "has_xla_support"),
        *("new_group", "one_rank_first", "one_rank_only", "Parallel", "set_local_rank", "show_config", "spawn", "sync"),
    }
    ours = {"Agreement", "any_rank", "checkpoint_activations", "CollectiveError", "LaunchError"}
    ours |= {"uneven_inputs", "broadcast_buffers", "shard_model", "current"}
    ours |= {"SeededSamples", "ShardedBatchSampler", "SplitStream"}
    assert names - modules == of_ignite | ours


def test_unknown_backend() -> None:
    """`initialize` refuses a backend that does not exist, as a `ValueError` too, which Ignite's programs expect."""
    with pytest.raises(ValueError, match="Unknown backend 'smoke'"):
        idist.initialize("smoke")
