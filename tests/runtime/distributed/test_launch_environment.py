from __future__ import annotations

import pytest

from scaffold_runtime.distributed.launch_environment import RankInfo, find_rank, first_host
from scaffold_runtime.exceptions import LaunchError

MEETING = {"MASTER_ADDR": "host0", "MASTER_PORT": "29500"}
TORCHRUN = MEETING | {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "GROUP_RANK": "1",
    "GROUP_WORLD_SIZE": "2",
    "TORCHELASTIC_RUN_ID": "none",
    "TORCHELASTIC_USE_AGENT_STORE": "True",
}
# As srun set them for task 3 of 4 on two nodes, in a step of its own.
SRUN = {
    "SLURM_JOB_ID": "8123",
    "SLURM_STEP_ID": "0",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_NTASKS": "4",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_JOB_NODELIST": "node[01-02]",
    "SLURM_STEP_NODELIST": "node[01-02]",
    "SLURM_TASKS_PER_NODE": "2(x2)",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}


def test_torchrun() -> None:
    """Torchrun's variables say everything, and its agent holds the store."""
    assert find_rank(TORCHRUN) == RankInfo(3, 4, 1, 2, 1, 2, "host0", 29500, has_store=True)


def test_srun() -> None:
    """Srun's variables say which task this is; rank 0 is on the first host."""
    info = find_rank(SRUN)
    assert info is not None
    assert (info.rank, info.world_size, info.local_rank) == (3, 4, 1)
    assert (info.node_rank, info.nnodes, info.nproc_per_node) == (None, None, None), "counted when they meet"
    assert info.master_addr == "node01"
    assert info.master_port is not None
    assert 15000 <= info.master_port < 35000
    assert not info.has_store


def test_a_batch_script_is_no_task() -> None:
    """A script that sbatch runs has the job's variables, but srun did not start it: it is alone."""
    batch = {name: value for name, value in SRUN.items() if "STEP" not in name} | {"SLURM_PROCID": "0"}
    assert find_rank(batch) is None


def test_torchrun_under_srun() -> None:
    """One torchrun for each machine, started by srun, is a usual pair: torchrun's variables count."""
    one_task_a_node = SRUN | {"SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"}
    info = find_rank(one_task_a_node | TORCHRUN)
    assert info is not None
    assert (info.rank, info.world_size) == (3, 4)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            SRUN | TORCHRUN,
            "srun started 4 tasks, and torchrun counts 2 machines: each task runs its own torchrun.\n"
            "Hint:  Use `srun --ntasks-per-node=1 torchrun ...`, or srun alone.",
        ),
        (
            SRUN | MEETING | {"RANK": "0", "WORLD_SIZE": "4"},
            "RANK is 0, and SLURM_PROCID is 3: two launchers disagree.\n"
            "Hint:  Start the program with srun or with torchrun, and unset the variables of the other.",
        ),
        (
            SRUN | MEETING | {"RANK": "3", "WORLD_SIZE": "8"},
            "WORLD_SIZE is 8, and SLURM_NTASKS is 4: two launchers disagree.\n"
            "Hint:  Start the program with srun or with torchrun, and unset the variables of the other.",
        ),
        (
            {"RANK": "1", "WORLD_SIZE": "2"},
            "The environment has RANK, WORLD_SIZE, but not MASTER_ADDR, MASTER_PORT.\n"
            "Hint:  Start the program with torchrun, or set all four; without any of them it runs alone.",
        ),
        (
            MEETING | {"RANK": "2", "WORLD_SIZE": "2"},
            "RANK is 2 and WORLD_SIZE is 2; ranks go from 0 to 1.\n"
            "Hint:  Give each process its own RANK, and all the same WORLD_SIZE.",
        ),
        (
            MEETING | {"RANK": "first", "WORLD_SIZE": "2"},
            "RANK should be a whole number, got 'first'.\nHint:  Let the launcher set it.",
        ),
    ],
)
def test_variables_that_cannot_be(environment: dict[str, str], message: str) -> None:
    """Launchers that disagree, and variables that are missing or wrong, are one sentence each."""
    with pytest.raises(LaunchError) as raised:
        find_rank(environment)
    assert str(raised.value) == message


@pytest.mark.parametrize("missing", ["RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"])
def test_variables_that_are_not_all_there(missing: str) -> None:
    """Of the four that a launcher sets, each is asked for by its name; nothing is made up."""
    environment = MEETING | {"RANK": "1", "WORLD_SIZE": "2"}
    assert find_rank(environment) is not None
    environment.pop(missing)
    with pytest.raises(LaunchError, match=rf"^The environment has .*, but not {missing}\.\nHint:  Start"):
        find_rank(environment)


@pytest.mark.parametrize(
    ("compressed", "host"),
    [
        ("node1", "node1"),
        ("node[01-03,7]", "node01"),
        ("node[098-101]", "node098"),
        ("gpu-a[3,1],cpu[08-09],login", "gpu-a3"),
        ("login,gpu-a[3,1]", "login"),
        ("r[1-2]n[7-9]-ib,x", "r1n7-ib"),
        ("ip-10-0-1-5", "ip-10-0-1-5"),
    ],
)
def test_host_lists(compressed: str, host: str) -> None:
    """The first host of SLURM's compressed lists is the first line of `scontrol show hostnames`."""
    assert first_host(compressed) == host


@pytest.mark.parametrize("compressed", ["node[01-", "node[a-b]", "", ",x"])
def test_what_is_no_host_list(compressed: str) -> None:
    """Something else is refused by its name."""
    with pytest.raises(LaunchError, match="is not a host list such as"):
        first_host(compressed)


def test_steps_meet_at_different_ports() -> None:
    """Two steps of one job on one machine do not disturb each other; all tasks of one agree."""
    variables = {
        "SLURM_PROCID": "0",
        "SLURM_NTASKS": "2",
        "SLURM_LOCALID": "0",
        "SLURM_JOB_NODELIST": "n1",
        "SLURM_JOB_ID": "77",
    }
    ports = [find_rank(variables | {"SLURM_STEP_ID": step}) for step in ("0", "1", "0")]
    assert [info.master_port for info in ports if info is not None] == [17387, 17388, 17387]


def test_what_spawn_says_is_what_torchrun_says() -> None:
    """The variables that spawned processes get are read as the same process."""
    info = RankInfo(3, 4, 1, 2, 1, 2, "host0", 29500)
    assert find_rank(info.variables()) == info
