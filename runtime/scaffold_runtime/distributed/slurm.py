"""The variables that `srun` gives to each task, read as a place among the processes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypedDict

from .errors import LaunchError

FIRST_PORT = 15000
NUM_PORTS = 20000


class Variables(TypedDict):
    """The arguments of `Place`."""

    rank: int
    world_size: int
    local_rank: int
    nproc_per_node: int
    node_rank: int
    nnodes: int
    master_addr: str
    master_port: int


def find_place(environment: Mapping[str, str]) -> Variables | None:
    """What `srun` says about this task; None if it did not start this process.

    A batch script without `srun` has a job's variables too, yet is one process: SLURM_STEP_ID tells them apart.

    Raises:
        LaunchError: the list of hosts cannot be read.
    """
    if not {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_ID"} <= environment.keys():
        return None
    hosts = expand_hosts(environment.get("SLURM_STEP_NODELIST") or environment["SLURM_JOB_NODELIST"])
    node_rank = int(environment.get("SLURM_NODEID", "0"))
    return Variables(
        rank=int(environment["SLURM_PROCID"]),
        world_size=int(environment.get("SLURM_STEP_NUM_TASKS", environment["SLURM_NTASKS"])),
        local_rank=int(environment["SLURM_LOCALID"]),
        nproc_per_node=_tasks_of(environment, node_rank, len(hosts)),
        node_rank=node_rank,
        nnodes=len(hosts),
        master_addr=environment.get("MASTER_ADDR", hosts[0]),
        master_port=int(environment.get("MASTER_PORT", _port_of(environment))),
    )


def expand_hosts(hosts: str) -> list[str]:
    """The hosts of a compressed list.

    Raises:
        LaunchError: the list is not one of SLURM's.

    Example:
        >>> expand_hosts("node[01-03,7],login")
        ['node01', 'node02', 'node03', 'node7', 'login']
        >>> expand_hosts("rack[1-2]n[0-1]")
        ['rack1n0', 'rack1n1', 'rack2n0', 'rack2n1']
    """
    parts: list[str] = re.findall(r"(?:[^,\[\]]|\[[^\[\]]*\])+", hosts)
    if not parts or ",".join(parts) != hosts:
        raise LaunchError(f"'{hosts}' is not a host list such as node[01-03,7].", "Look at SLURM_JOB_NODELIST.")
    return [host for part in parts for host in _expand(part)]


def _expand(pattern: str) -> Iterator[str]:
    before, bracket, rest = pattern.partition("[")
    if not bracket:
        yield pattern
        return
    ranges, _, after = rest.partition("]")
    for number in ranges.split(","):
        first, dash, last = number.partition("-")
        if not (first.isdigit() and (last.isdigit() if dash else True)):
            raise LaunchError(f"'{pattern}' is not a host list such as node[01-03,7].", "Look at SLURM_JOB_NODELIST.")
        for value in range(int(first), int(last or first) + 1):
            for tail in _expand(after):
                yield f"{before}{value:0{len(first)}d}{tail}"


def _tasks_of(environment: Mapping[str, str], node_rank: int, num_nodes: int) -> int:
    """Tasks on this machine, from a list such as `4(x2),3`."""
    listed = environment.get("SLURM_STEP_TASKS_PER_NODE") or environment.get("SLURM_TASKS_PER_NODE")
    if listed is None:
        return -(-int(environment["SLURM_NTASKS"]) // num_nodes)
    tasks = [int(count) for count, times in re.findall(r"(\d+)(?:\(x(\d+)\))?", listed) for _ in range(int(times or 1))]
    return tasks[min(node_rank, len(tasks) - 1)]


def _port_of(environment: Mapping[str, str]) -> int:
    """A port that all tasks of a step agree on, and that other steps are unlikely to have."""
    job, step = int(environment.get("SLURM_JOB_ID", "0")), environment["SLURM_STEP_ID"]
    return FIRST_PORT + (job * 31 + int(step if step.isdigit() else 0)) % NUM_PORTS
