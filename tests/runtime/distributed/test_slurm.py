from __future__ import annotations

import pytest

from scaffold_runtime.distributed import slurm
from scaffold_runtime.distributed.errors import LaunchError


@pytest.mark.parametrize(
    ("compressed", "hosts"),
    [
        ("node1", ["node1"]),
        ("node[01-03,7]", ["node01", "node02", "node03", "node7"]),
        ("node[098-101]", ["node098", "node099", "node100", "node101"]),
        ("gpu-a[1,3],cpu[08-09],login", ["gpu-a1", "gpu-a3", "cpu08", "cpu09", "login"]),
        ("r[1-2]n[1-2]-ib", ["r1n1-ib", "r1n2-ib", "r2n1-ib", "r2n2-ib"]),
        ("ip-10-0-1-5", ["ip-10-0-1-5"]),
    ],
)
def test_host_lists(compressed: str, hosts: list[str]) -> None:
    """SLURM's compressed lists are expanded as `scontrol show hostnames` does."""
    assert slurm.expand_hosts(compressed) == hosts


@pytest.mark.parametrize("compressed", ["node[01-", "node[a-b]", "", "node[1-2],,x"])
def test_what_is_no_host_list(compressed: str) -> None:
    """Something else is refused by its name."""
    with pytest.raises(LaunchError, match="is not a host list such as"):
        slurm.expand_hosts(compressed)


@pytest.mark.parametrize(("node", "tasks"), [(0, 4), (1, 4), (2, 3)])
def test_machines_may_have_different_numbers_of_tasks(node: int, tasks: int) -> None:
    """`4(x2),3` is four tasks on each of two machines and three on the last."""
    variables = {
        "SLURM_PROCID": "0",
        "SLURM_NTASKS": "11",
        "SLURM_STEP_ID": "1",
        "SLURM_LOCALID": "0",
        "SLURM_NODEID": str(node),
        "SLURM_JOB_NODELIST": "n[1-3]",
        "SLURM_TASKS_PER_NODE": "4(x2),3",
    }
    place = slurm.find_place(variables)
    assert place is not None
    assert (place["nproc_per_node"], place["nnodes"]) == (tasks, 3)


def test_steps_meet_at_different_ports() -> None:
    """Two steps of one job on one machine do not disturb each other; all tasks of one agree."""
    variables = {
        "SLURM_PROCID": "0",
        "SLURM_NTASKS": "2",
        "SLURM_LOCALID": "0",
        "SLURM_JOB_NODELIST": "n1",
        "SLURM_JOB_ID": "77",
    }
    ports = [slurm.find_place(variables | {"SLURM_STEP_ID": step}) for step in ("0", "1", "0")]
    assert [place["master_port"] for place in ports if place is not None] == [17387, 17388, 17387]
