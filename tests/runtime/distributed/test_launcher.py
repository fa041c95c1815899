"""One program under every launcher, and what a wrong launch is told."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.runtime.distributed.processes import free_port, python, torchrun
from tests.runtime.distributed.programs.one_program import ROUNDING

from scaffold_runtime import distributed as idist
from scaffold_runtime.distributed.comp_models import auto_backend
from scaffold_runtime.distributed.launcher import launch
from scaffold_runtime.exceptions import LaunchError

SPOKEN = ("HOROVOD_RANK", "PJRT_DEVICE", "WORLD_SIZE", "SLURM_NTASKS")
SEVERAL = "nccl" if torch.cuda.is_available() else "gloo"

pytestmark = pytest.mark.slow


def measured(output: str) -> dict[str, Any]:
    """What rank 0 of `one_program.py` printed."""
    lines = [line for line in output.splitlines() if "{" in line]
    assert len(lines) == 1, output
    return json.loads(lines[0][lines[0].index("{") :])


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    """The program in one process without a backend."""
    return measured(python("one_program.py").stdout)


def test_every_launcher_gives_the_same_metrics(alone: dict[str, Any]) -> None:
    """Spawn and torchrun agree to the last bit on two processes; one process differs from them by roundings.

    Both start interpreters from nothing here.
    """
    spawned = measured(python("one_program.py", "--backend", "gloo", "--spawn", 2, fresh_children=True).stdout)
    under_torchrun = measured(torchrun("one_program.py", "--backend", "gloo", fresh_children=True).stdout)
    assert spawned == under_torchrun
    assert (spawned["world_size"], spawned["nproc_per_node"], spawned["nnodes"]) == (2, 2, 1)
    assert spawned["losses"] == pytest.approx(alone["losses"], rel=ROUNDING)
    assert min(alone["losses"]) < alone["losses"][0] / 2, "it has learnt something"


def test_four_processes(alone: dict[str, Any]) -> None:
    """Four processes reach the metrics of one."""
    four = measured(torchrun("one_program.py", "--backend", "gloo", nproc=4).stdout)
    assert four["losses"] == pytest.approx(alone["losses"], rel=ROUNDING)


@pytest.mark.parametrize("way", ["returns", "leaves", "finalizes", "forgets"])
def test_a_group_has_no_threads_when_python_ends(way: str) -> None:
    """However the program ends, with a model under DDP in a cycle: one that dropped a tensor then would abort it."""
    assert torchrun("left_group.py", way).stdout.splitlines() == ["threads: []"] * 2


@pytest.mark.parametrize("way", ["returns", "finalizes"])
def test_a_group_is_left_when_its_threads_come_late(way: str) -> None:
    """On a busy machine, where they still have to let go of tensors: leaving waits for them, and they not for it."""
    assert torchrun("left_group.py", way, "--late").stdout.splitlines() == ["threads: []"] * 2


def test_a_fork_leaves_the_group_to_its_parent() -> None:
    """A child that ends as programs do waits for no thread, for it has none; and its parent goes on."""
    # What Python forgets at its end is another thing where the interpreter was forked itself.
    assert torchrun("left_group.py", "forks", fresh_children=True).stdout.splitlines() == ["threads: []"] * 4


@pytest.mark.parametrize("way", ["returns", "leaves"])
def test_a_spawned_group_has_no_threads_when_python_ends(way: str) -> None:
    """Nor has that of spawned processes; their parent, which is in no group, says so too."""
    assert python("left_group.py", way, "--spawn=2").stdout.splitlines() == ["threads: []"] * 3


def test_a_backend_without_a_launcher_is_one_process(alone: dict[str, Any]) -> None:
    """With a backend and nothing else, the program is a group of one, with the same bits as without."""
    one = measured(python("one_program.py", "--backend", "gloo").stdout)
    assert (one["world_size"], one["backend"]) == (1, "gloo")
    assert one["losses"] == alone["losses"]


def test_torchrun_restarts_a_run_that_lost_a_process(tmp_path: Path) -> None:
    """Under `--max-restarts`, a killed rank brings all back, and the run goes on from its last checkpoint."""
    port = free_port()
    options = ("--max-restarts=1", "--rdzv-backend=c10d", f"--rdzv-endpoint=localhost:{port}")
    said = torchrun("restarting.py", tmp_path, options=options).stdout
    begins = [line for line in said.splitlines() if line.startswith("begins")]
    assert begins == ["begins at 0", "begins at 6"]
    assert f"total {sum(step + step + 1 for step in range(10))}" in said


def wrong(*command: object, **environment: str) -> str:
    """The one sentence, and the hint, that a wrong launch is told."""
    done = python("failing.py", "nothing", *command, check=False, **environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip()


def test_a_port_that_is_taken() -> None:
    """A taken port is said before any process starts, and to a process that a launcher started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert wrong("--backend", "gloo", "--spawn", 2, "--master-port", port) == (
            f"Error: Port {port} of 127.0.0.1 is taken by another program.\nHint:  Give another `master_port`."
        )
        launched = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        assert wrong("--backend", "gloo", **launched) == (
            f"Error: Port {port} is taken by another program.\nHint:  Set another MASTER_PORT."
        )


def test_processes_that_do_not_come() -> None:
    """A world size larger than the number of processes ends with the ranks that stayed away."""
    launched = {"RANK": "0", "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    said = wrong("--backend", "gloo", "--timeout", 2, **launched)
    assert "for 3 processes; rank 1, 2 did not come." in said
    assert "Start as many processes as WORLD_SIZE says" in said


def test_rank_0_that_is_not_there() -> None:
    """Who cannot reach rank 0 is told where it was looked for."""
    port = free_port()
    launched = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    said = wrong("--backend", "gloo", "--timeout", 2, **launched)
    assert f"Error: Rank 1 of 2 did not meet the others at 127.0.0.1:{port}" in said


def test_more_processes_under_torchrun() -> None:
    """`nproc_per_node` under torchrun would multiply the processes: it is refused."""
    done = torchrun("failing.py", "nothing", "--backend", "gloo", "--spawn", 2, check=False, nproc=1)
    assert "torchrun has started the processes, and `nproc_per_node=2` asks for more." in done.stderr


def test_more_processes_under_horovodrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is it under horovodrun, which says in this variable that it has started the process."""
    monkeypatch.setenv("HOROVOD_RANK", "0")
    assert refused("gloo", nproc_per_node=2) == (
        "horovodrun has started the processes, and `nproc_per_node=2` asks for more.\n"
        "Hint:  Leave `nproc_per_node` to horovodrun."
    )


def refused(*args: Any, **kwargs: Any) -> str:
    """What `Parallel` says to these arguments."""
    with pytest.raises(LaunchError) as raised:
        idist.Parallel(*args, **kwargs)
    return str(raised.value)


def test_wrong_arguments() -> None:
    """Arguments that contradict each other are refused before anything starts."""
    assert refused("glooo") == (
        "Unknown backend 'glooo'.\nHint:  The backends are gloo, horovod, mpi, nccl, xla-tpu; None is one process."
    )
    assert refused(nproc_per_node=2) == (
        "Without a backend there is one process; got `nproc_per_node=2`.\n"
        "Hint:  Choose a backend, such as gloo or nccl."
    )
    assert refused("gloo", nproc_per_node=2, nnodes=2, master_addr="host") == (
        "2 machines need `node_rank`, `master_port`.\n"
        "Hint:  Give the address and port of machine 0 on all machines, and to each its number."
    )
    machines = {"nproc_per_node": 1, "master_addr": "host", "master_port": 1}
    assert "`nnodes` should be at least 1, got -1" in refused("gloo", **machines, nnodes=-1)
    assert "`node_rank` should be between 0 and 1, got 2" in refused("gloo", **machines, nnodes=2, node_rank=2)
    with pytest.raises(LaunchError, match="`nproc_per_node` should be at least 1, got 0"):
        idist.spawn("gloo", print, nproc_per_node=0)
    with pytest.raises(LaunchError, match="`node_rank` should be between 0 and 1, got 2"):
        idist.spawn("gloo", print, nnodes=2, node_rank=2, master_port=1)


def test_backends_that_are_missing() -> None:
    """A backend that this machine lacks is one sentence, and what there is instead."""
    has = "Hint:  Backends that it has: none, gloo."
    assert refused("nccl") == (
        f"Backend 'nccl' needs an NVIDIA GPU and a torch built for CUDA, which this machine does not have.\n{has}"
    )
    assert refused("mpi") == f"Backend 'mpi' needs a torch built with MPI, which this machine does not have.\n{has}"
    assert refused("xla-tpu").startswith("Backend 'xla-tpu' needs the package torch_xla, which is not installed.\n")
    assert refused("horovod").startswith("Backend 'horovod' needs the package horovod, which is not installed.\n")
    assert idist.available_backends() == ("gloo",)


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


def test_one_process_runs_here(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a backend the function is called in this process, with its configuration, and nothing is written."""
    seen: list[tuple[int, str, str | None]] = []
    launch(lambda rank, config: seen.append((rank, config, idist.backend())), "config", backend="none")
    assert seen == [(0, "config", None)]
    assert capfd.readouterr() == ("", "")
    with pytest.raises(SystemExit, match=r"Without a backend there is one process; got `nproc_per_node=2`"):
        launch(lambda rank, config: None, None, backend="none", nproc_per_node=2)


def test_a_backend_that_there_is_not_is_two_lines() -> None:
    """The program ends with what is wrong and what to do."""
    with pytest.raises(SystemExit, match=r"^Error: Unknown backend 'smoke signals'\.\nHint:  "):
        launch(lambda rank, config: None, None, backend="smoke signals")
