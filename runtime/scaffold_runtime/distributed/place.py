"""Which of the processes this one is, as the launcher's environment says: torchrun's variables or SLURM's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import slurm
from .errors import LaunchError


@dataclass(frozen=True)
class Place:
    """One process among those of a run.

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


def find_place(environment: Mapping[str, str]) -> Place | None:
    """This process's place, or None if no launcher has started it.

    Raises:
        LaunchError: variables are missing, are no numbers, or two launchers disagree.

    Example:
        >>> find_place({"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "host", "MASTER_PORT": "29500"}).rank
        1
        >>> find_place({}) is None
        True
    """
    from_slurm = slurm.find_place(environment)
    if "RANK" not in environment and "WORLD_SIZE" not in environment:
        return None if from_slurm is None else Place(**from_slurm)
    place = _from_torchrun(environment)
    if from_slurm is not None:
        _check_agreement(place, from_slurm, environment)
    return place


def given_place(rank: int, world_size: int, environment: Mapping[str, str]) -> Place:
    """The place that a program says itself; the environment adds what it knows of this machine."""
    return Place(
        rank,
        world_size,
        local_rank=_optional(environment, "LOCAL_RANK"),
        nproc_per_node=_optional(environment, "LOCAL_WORLD_SIZE"),
        node_rank=_optional(environment, "GROUP_RANK"),
        nnodes=_optional(environment, "GROUP_WORLD_SIZE"),
        master_addr=environment.get("MASTER_ADDR"),
        master_port=_optional(environment, "MASTER_PORT"),
    )


def _from_torchrun(environment: Mapping[str, str]) -> Place:
    needed = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    missing = [name for name in needed if name not in environment]
    if missing:
        given = [name for name in needed if name in environment]
        raise LaunchError(
            f"The environment has {', '.join(given)}, but not {', '.join(missing)}.",
            "Start the program with torchrun, or set all four; without any of them it runs alone.",
        )
    place = Place(
        rank=_number(environment, "RANK"),
        world_size=_number(environment, "WORLD_SIZE"),
        local_rank=_optional(environment, "LOCAL_RANK"),
        nproc_per_node=_optional(environment, "LOCAL_WORLD_SIZE"),
        node_rank=_optional(environment, "GROUP_RANK"),
        nnodes=_optional(environment, "GROUP_WORLD_SIZE"),
        master_addr=environment["MASTER_ADDR"],
        master_port=_number(environment, "MASTER_PORT"),
        has_store=environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True",
        attempt=_optional(environment, "TORCHELASTIC_RESTART_COUNT") or 0,
    )
    if not 0 <= place.rank < place.world_size:
        raise LaunchError(
            f"RANK is {place.rank} and WORLD_SIZE is {place.world_size}; ranks go from 0 to {place.world_size - 1}.",
            "Give each process its own RANK, and all the same WORLD_SIZE.",
        )
    return place


def _check_agreement(place: Place, from_slurm: slurm.Variables, environment: Mapping[str, str]) -> None:
    """Torchrun under srun is one task for each machine; otherwise the two must say the same."""
    if "TORCHELASTIC_RUN_ID" in environment:
        agents, tasks = _number(environment, "GROUP_WORLD_SIZE"), from_slurm["world_size"]
        if agents != tasks:
            raise LaunchError(
                f"srun started {tasks} tasks, and torchrun counts {agents} machines: each task runs its own torchrun.",
                "Use `srun --ntasks-per-node=1 torchrun ...`, or srun alone.",
            )
        return
    for torch_name, slurm_name, ours, theirs in (
        ("RANK", "SLURM_PROCID", place.rank, from_slurm["rank"]),
        ("WORLD_SIZE", "SLURM_NTASKS", place.world_size, from_slurm["world_size"]),
        ("LOCAL_RANK", "SLURM_LOCALID", place.local_rank, from_slurm["local_rank"]),
    ):
        if ours is not None and ours != theirs:
            raise LaunchError(
                f"{torch_name} is {ours}, and {slurm_name} is {theirs}: two launchers disagree.",
                "Start the program with srun or with torchrun, and unset the variables of the other.",
            )


def _number(environment: Mapping[str, str], name: str) -> int:
    try:
        return int(environment[name])
    except ValueError:
        raise LaunchError(
            f"{name} should be a whole number, got '{environment[name]}'.", "Let the launcher set it."
        ) from None


def _optional(environment: Mapping[str, str], name: str) -> int | None:
    return _number(environment, name) if name in environment else None
