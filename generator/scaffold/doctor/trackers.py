"""Whether the trackers that a project uses are known here: keys, servers that answer."""

from __future__ import annotations

import netrc
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from .finding import Finding

SERVER_SECONDS = 3.0


@dataclass(frozen=True)
class Tracker:
    """How one is reached.

    Attributes:
        keys: variables, of which one has the key.
        files: files in the home folder that have it otherwise.
        host: in `~/.netrc`, if the key may be there.
        servers: variables that may name a server.
        mend: the command that makes the key known.
    """

    keys: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    host: str | None = None
    servers: tuple[str, ...] = ()
    mend: str = ""


TRACKERS = {
    "clearml": Tracker(
        ("CLEARML_API_ACCESS_KEY",), ("clearml.conf",), servers=("CLEARML_API_HOST",), mend="clearml-init"
    ),
    "comet": Tracker(("COMET_API_KEY",), (".comet.config",), mend="export COMET_API_KEY=..."),
    "mlflow": Tracker(servers=("MLFLOW_TRACKING_URI",)),
    "neptune": Tracker(("NEPTUNE_API_TOKEN",), mend="export NEPTUNE_API_TOKEN=..."),
    "polyaxon": Tracker(
        ("POLYAXON_AUTH_TOKEN",), (".polyaxon/.auth",), servers=("POLYAXON_HOST",), mend="polyaxon login"
    ),
    "swanlab": Tracker(("SWANLAB_API_KEY",), (".swanlab/.netrc",), mend="swanlab login"),
    "wandb": Tracker(("WANDB_API_KEY",), host="api.wandb.ai", servers=("WANDB_BASE_URL",), mend="wandb login"),
}
"""Those that a service or a server may be behind; the others write files."""


def examine_trackers(names: Sequence[str]) -> Iterator[Finding]:
    """What is known of the trackers that a project uses."""
    for name in names:
        tracker = TRACKERS.get(name)
        if tracker is None:
            yield Finding(name, "good", "It writes files, and needs no key.")
            continue
        yield from _servers(name, tracker)
        if tracker.keys:
            yield _key(name, tracker)


def _key(name: str, tracker: Tracker) -> Finding:
    where = [variable for variable in tracker.keys if os.environ.get(variable)]
    where += [f"~/{file}" for file in tracker.files if (Path.home() / file).is_file()]
    where += ["~/.netrc"] if tracker.host and _is_in_netrc(tracker.host) else []
    if where:
        return Finding(name, "good", f"Its key is in {where[0]}.")
    return Finding(name, "note", "No key is known here: runs stay on this machine.", tracker.mend)


def _is_in_netrc(host: str) -> bool:
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def _servers(name: str, tracker: Tracker) -> Iterator[Finding]:
    for variable in tracker.servers:
        address = os.environ.get(variable)
        if not address or not address.startswith(("http://", "https://")):
            continue
        if problem := _unreachable(address):
            yield Finding(name, "wrong", f"{variable} is '{address}': {problem}.", f"curl {address}")
        else:
            yield Finding(name, "good", f"The server at '{address}' answers.")


def _unreachable(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), SERVER_SECONDS):
            return None
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
