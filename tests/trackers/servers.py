"""Servers on this machine that trackers are pointed at: real ones, and one that never answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.projects import trackers_python

SECONDS = 120  # until a server answers, on a busy machine

# The real server, without its download of scripts for the browser; they are for eyes only.
VISDOM = """
import sys
from visdom.server.run_server import start_server
start_server(base_url="", port=int(sys.argv[1]), hostname="127.0.0.1", env_path=sys.argv[2], readonly=False,
             print_func=print)
"""


def free_port() -> int:
    """A port that nobody has."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def visdom_server(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Visdom's server; gives its port and its process."""
    port = free_port()
    with _running([trackers_python(), "-c", VISDOM, str(port), str(folder)], folder, port) as server:
        yield port, server


@contextmanager
def mlflow_server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """MLflow's server; gives its address and its process."""
    port = free_port()
    words = ["server", "--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--artifacts-destination"]
    words += [str(folder / "artifacts"), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    address = f"http://127.0.0.1:{port}"
    with _running([trackers_python(), "-m", "mlflow", *words], folder, port) as server:
        yield address, server


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that takes every connection and never says a word; gives its port."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=500)) as listening:
        taken: list[socket.socket] = []

        def take() -> None:
            try:
                while True:
                    taken.append(listening.accept()[0])
            except OSError:  # it is closed
                return

        threading.Thread(target=take, daemon=True).start()
        yield listening.getsockname()[1]
        for connection in taken:
            connection.close()


def end(server: subprocess.Popen[bytes]) -> None:
    """Ends a server and the processes that it has started, at once."""
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    server.wait()


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server, from when it answers to the end of its whole group."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "server.txt").open("wb") as output:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5):
                    break
            except OSError:
                assert server.poll() is None, (folder / "server.txt").read_text()[-2000:]
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.5)
        yield server
    finally:
        end(server)
