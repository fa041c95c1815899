"""How a run's processes are started, and what is said when they cannot be."""

from __future__ import annotations

import pytest
import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.run import launch
from scaffold_runtime.run.launching import auto_backend

SPOKEN = ("HOROVOD_RANK", "PJRT_DEVICE", "WORLD_SIZE", "SLURM_NTASKS")
SEVERAL = "nccl" if torch.cuda.is_available() else "gloo"


@pytest.mark.parametrize(
    ("environment", "nproc_per_node", "expected"),
    [
        ({}, None, "none"),
        ({}, 2, SEVERAL),
        ({"WORLD_SIZE": "2"}, None, SEVERAL),
        ({"SLURM_NTASKS": "2"}, None, SEVERAL),
        ({"HOROVOD_RANK": "0"}, None, "horovod"),
    ],
)
def test_auto_listens_to_the_launcher(
    environment: dict[str, str], nproc_per_node: int | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process unless more are asked for; a launcher's own backend under that launcher."""
    for name in SPOKEN:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert auto_backend(nproc_per_node) == expected


def test_one_process_runs_here() -> None:
    """Without a backend the function is called in this process, with its configuration."""
    seen: list[tuple[int, str, str | None]] = []
    launch(lambda rank, config: seen.append((rank, config, idist.backend())), "config", backend="none")
    assert seen == [(0, "config", None)]


def test_a_backend_that_there_is_not_is_two_lines() -> None:
    """The program ends with what is wrong and what to do."""
    with pytest.raises(SystemExit, match=r"^Error: Unknown backend 'smoke signals'\.\nHint:  "):
        launch(lambda rank, config: None, None, backend="smoke signals")
