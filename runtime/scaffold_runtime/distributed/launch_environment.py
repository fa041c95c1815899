"""Which of the processes this one is, as the launcher's environment says: torchrun's variables or SLURM's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..exceptions import LaunchError

VARIABLES = {
    "rank": "RANK",
    "world_size": "WORLD_SIZE",
    "local_rank": "LOCAL_RANK",
    "nproc_per_node": "LOCAL_WORLD_SIZE",
    "node_rank": "GROUP_RANK",
    "nnodes": "GROUP_WORLD_SIZE",
    "master_addr": "MASTER_ADDR",
    "master_port": "MASTER_PORT",
}
"""Torchrun's, for the fields of `RankInfo`."""

SLURM_VARIABLES = {"rank": "SLURM_PROCID", "world_size": "SLURM_NTASKS", "local_rank": "SLURM_LOCALID"}
"""SLURM's, for the same."""

FIRST_PORT = 15000  # below the ports that Linux gives to programs which ask for any
NUM_PORTS = 20000


@dataclass(frozen=True)
class RankInfo:
    """One process among those of a run. What a launcher does not say is counted when the processes meet.

    Attributes:
        rank: number among all.
        world_size: processes in all.
        local_rank: number on this machine, if the launcher says it.
        nproc_per_node: processes on this machine, if the launcher says it.
        node_rank: number of this machine, if the launcher says it.
        nnodes: machines, if the launcher says it.
        master_addr: where rank 0 is.
        master_port: where rank 0 listens.
        has_store: torchrun's agent holds the store; nobody else needs to listen.
        attempt: which start this is, where torchrun starts failed processes again.
    """

    rank: int
    world_size: int
    local_rank: int | None = None
    nproc_per_node: int | None = None
    node_rank: int | None = None
    nnodes: int | None = None
    master_addr: str | None = None
    master_port: int | None = None
    has_store: bool = False
    attempt: int = 0

    def variables(self) -> dict[str, str]:
        """What torchrun would set, for libraries that read it."""
        said = {name: getattr(self, field) for field, name in VARIABLES.items()}
        return {name: str(value) for name, value in said.items() if value is not None}


def find_rank(environment: Mapping[str, str]) -> RankInfo | None:
    """Which process this is, or None if no launcher has started it.

    Raises:
        LaunchError: variables are missing, are no numbers, or two launchers disagree.

    Example:
        >>> find_rank({"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "host", "MASTER_PORT": "29500"}).rank
        1
        >>> find_rank({}) is None
        True
    """
    slurm = _from_slurm(environment)
    if "RANK" not in environment and "WORLD_SIZE" not in environment:
        return slurm
    info = _from_torchrun(environment)
    if slurm is not None:
        _check_agreement(info, slurm, environment)
    return info


def given_rank(rank: int, world_size: int, environment: Mapping[str, str]) -> RankInfo:
    """What a program says itself; the environment adds what it knows of this machine."""
    said: dict[str, Any] = {**_said(environment), "rank": rank, "world_size": world_size}
    return RankInfo(**said)


def first_host(hosts: str) -> str:
    """The first host of SLURM's compressed list.

    Raises:
        LaunchError: the list is not one of SLURM's.

    Example:
        >>> first_host("node[01-03,7],login"), first_host("rack[1-2]n[0-1]")
        ('node01', 'rack1n0')
    """
    pattern = re.match(r"((?:[^,\[\]]|\[\d[\d,-]*\])+)(?:,|$)", hosts)
    if pattern is None:
        raise LaunchError(f"'{hosts}' is not a host list such as node[01-03,7].", "Look at SLURM_JOB_NODELIST.")
    return re.sub(r"\[(\d+)[^\]]*\]", r"\1", pattern[1])


def _from_torchrun(environment: Mapping[str, str]) -> RankInfo:
    needed = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    if missing := [name for name in needed if name not in environment]:
        given = [name for name in needed if name in environment]
        raise LaunchError(
            f"The environment has {', '.join(given)}, but not {', '.join(missing)}.",
            "Start the program with torchrun, or set all four; without any of them it runs alone.",
        )
    info = RankInfo(
        **_said(environment),
        has_store=environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True",
        attempt=int(environment.get("TORCHELASTIC_RESTART_COUNT", "0")),
    )
    if not 0 <= info.rank < info.world_size:
        raise LaunchError(
            f"RANK is {info.rank} and WORLD_SIZE is {info.world_size}; ranks go from 0 to {info.world_size - 1}.",
            "Give each process its own RANK, and all the same WORLD_SIZE.",
        )
    return info


def _from_slurm(environment: Mapping[str, str]) -> RankInfo | None:
    """What `srun` says about this task; None if it did not start this process.

    A batch script without `srun` has a job's variables too, yet is one process: SLURM_STEP_ID tells them apart.
    """
    if not {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_ID"} <= environment.keys():
        return None
    hosts = environment.get("SLURM_STEP_NODELIST") or environment["SLURM_JOB_NODELIST"]
    # A port that all tasks of a step agree on, and that other steps are unlikely to have.
    job, step = int(environment.get("SLURM_JOB_ID", "0")), environment["SLURM_STEP_ID"]
    port = FIRST_PORT + (job * 31 + int(step if step.isdigit() else 0)) % NUM_PORTS
    return RankInfo(
        rank=int(environment["SLURM_PROCID"]),
        world_size=int(environment.get("SLURM_STEP_NUM_TASKS", environment["SLURM_NTASKS"])),
        local_rank=int(environment["SLURM_LOCALID"]),
        master_addr=environment.get("MASTER_ADDR", first_host(hosts)),
        master_port=int(environment.get("MASTER_PORT", port)),
    )


def _check_agreement(info: RankInfo, slurm: RankInfo, environment: Mapping[str, str]) -> None:
    """Torchrun under srun is one task for each machine; otherwise the two must say the same."""
    if "TORCHELASTIC_RUN_ID" in environment:
        if info.nnodes != slurm.world_size:
            raise LaunchError(
                f"srun started {slurm.world_size} tasks, and torchrun counts {info.nnodes} machines: each task runs "
                "its own torchrun.",
                "Use `srun --ntasks-per-node=1 torchrun ...`, or srun alone.",
            )
        return
    for field, slurm_name in SLURM_VARIABLES.items():
        ours, theirs = getattr(info, field), getattr(slurm, field)
        if ours is not None and ours != theirs:
            raise LaunchError(
                f"{VARIABLES[field]} is {ours}, and {slurm_name} is {theirs}: two launchers disagree.",
                "Start the program with srun or with torchrun, and unset the variables of the other.",
            )


def _said(environment: Mapping[str, str]) -> dict[str, Any]:
    """The numbers and the address that torchrun's variables give."""
    said: dict[str, Any] = {}
    for field, name in VARIABLES.items():
        if name in environment:
            text = environment[name]
            if field != "master_addr" and not text.lstrip("-").isdigit():
                raise LaunchError(f"{name} should be a whole number, got '{text}'.", "Let the launcher set it.")
            said[field] = text if field == "master_addr" else int(text)
    return said
