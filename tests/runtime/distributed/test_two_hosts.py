"""Two machines: network namespaces that see each other through one cable, each with its own torchrun."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.runtime.distributed.processes import PROGRAMS, TIMEOUT_SECONDS, environment, python
from tests.runtime.distributed.programs.one_program import ROUNDING

pytestmark = [pytest.mark.netns, pytest.mark.slow]

HOSTS = {"scaffold-a": "10.77.0.1", "scaffold-b": "10.77.0.2"}
PORT = 29511


def ip(*words: str) -> None:
    """Runs iproute2's `ip`."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(
            f"`ip {' '.join(words)}` failed: {done.stderr.strip()}. This test needs root and network namespaces."
        )


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, str]]:
    """Two hosts on one cable, by name and address; removed afterwards."""
    if shutil.which("ip") is None:
        pytest.fail("This test needs `ip`: install iproute2.")
    suffix = f"-{os.getpid()}"
    names = {f"{name}{suffix}": address for name, address in HOSTS.items()}
    cables = [f"sc{end}{os.getpid() % 100_000}" for end in "ab"]
    try:
        for name in names:
            ip("netns", "add", name)
        ip("link", "add", cables[0], "type", "veth", "peer", "name", cables[1])
        for (name, address), cable in zip(names.items(), cables, strict=True):
            ip("link", "set", cable, "netns", name, "name", "cable0")
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "cable0")
            ip("-n", name, "link", "set", "cable0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def test_two_hosts_reach_the_metrics_of_one(hosts: dict[str, str]) -> None:
    """Two hosts with two processes each, meeting by torchrun's c10d rendezvous, measure what one process does."""
    first = next(iter(hosts.values()))
    started = [
        subprocess.Popen(
            [
                *("ip", "netns", "exec", name, sys.executable, "-m", "torch.distributed.run"),
                *("--nnodes=2", "--nproc-per-node=2", "--rdzv-backend=c10d", f"--rdzv-endpoint={first}:{PORT}"),
                *("--rdzv-id=two-hosts", f"--local-addr={address}"),
                # Namespaces share the machine's name, by which torchrun would find out who holds the store.
                f"--rdzv-conf=is_host={address == first}",
                *(str(PROGRAMS / "one_program.py"), "--backend", "gloo"),
            ],
            env=environment(GLOO_SOCKET_IFNAME="cable0"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, address in hosts.items()
    ]
    try:
        outputs = [process.communicate(timeout=TIMEOUT_SECONDS) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], outputs
    lines = [line for out, _ in outputs for line in out.splitlines() if line.startswith("{")]
    assert len(lines) == 1
    measured = json.loads(lines[0])
    assert (measured["world_size"], measured["nproc_per_node"], measured["nnodes"]) == (4, 2, 2)
    alone = json.loads(python("one_program.py").stdout)
    assert measured["losses"] == pytest.approx(alone["losses"], rel=ROUNDING)
