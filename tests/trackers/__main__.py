"""The table of `docs/trackers.md`: `python -m tests.trackers [TRACKER ...]` tries each alone and writes it.

For each: a project with this tracker is trained, killed, resumed, and read back; then a run of it loses its
server amid the training, or meets one that never answers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.projects import ROOT, GeneratedProject, trackers_python
from tests.trackers.runs import TRACKERS, TrackedRun, kill, project_with
from tests.trackers.servers import end, mlflow_server, silent_server, visdom_server

PAGE = ROOT / "docs" / "trackers.md"
BEGIN, END = "<!-- table -->\n", "<!-- end -->\n"

PACKAGES = {"comet": "comet-ml"}

READERS = {
    "mlflow": ("a file of SQLite", "`MlflowClient`, from the file and from a server"),
    "wandb": ("files", "W&B's messages in the files"),
    "trackio": ("a folder, always", "`SQLiteStorage`"),
    "swanlab": ("files", "`DataStoreReader`"),
    "dvclive": ("files, always", "`parse_metrics`"),
    "aim": ("a repository, always", "`aim.Run`"),
    "comet": ("an archive, once it has ended", "messages in the archive"),
    "clearml": ("an archive, once it has ended", "events in the archive"),
    "visdom": ("a log for `replay_log`", "`get_window_data`, from its server"),
    "polyaxon": ("a folder", "`V1Events.read`"),
    "neptune": ("a folder", "`DiskQueue`"),
}


def main() -> None:
    """Tries them and writes their rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trackers", nargs="*", default=TRACKERS)
    wanted = parser.parse_args().trackers
    before, _, rest = PAGE.read_text().partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()[2:]}
    for tracker in wanted:
        with tempfile.TemporaryDirectory() as folder:
            rows[tracker] = row_of(tracker, Path(folder).resolve())
        print(rows[tracker], flush=True)
        head = table.splitlines()[:2]
        lines = [*head, *(rows[name] for name in TRACKERS if name in rows)]
        PAGE.write_text(before + BEGIN + "".join(f"{line}\n" for line in lines) + END + after)


def row_of(tracker: str, folder: Path) -> str:
    """What the trials of a tracker came to."""
    project = project_with(folder / "digits", tracker)
    package = PACKAGES.get(tracker, tracker)
    words = [trackers_python(), "-c", f"import importlib.metadata as m; print(m.version('{package}'))"]
    version = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    cells = (tracker, version, *READERS[tracker], killed_and_resumed(tracker, project), server_lost(tracker, project))
    return f"| {' | '.join(cells)} |"


def killed_and_resumed(tracker: str, project: GeneratedProject) -> str:
    """Whether the tracker has what `history.csv` has."""
    with variables(tracker, project.folder.parent) as environment:
        run = TrackedRun(project, "killed", environment)
        _begin_and_kill(run, tracker)
        epochs = len(next(iter(run.history.values())))
        if code := run.finish("--max-epochs", str(epochs + 2)):
            return f"exit code {code}"
        told, history = run.read(tracker)["values"], run.history
        wrong = [name for name in history if not _alike(told.get(name, {}), history[name])]
        count = len(next(iter(history.values())))
        return f"other values: {', '.join(wrong)}" if wrong else f"all of {count} epochs"


def server_lost(tracker: str, project: GeneratedProject) -> str:
    """What a run does whose server goes away amid the training, or that has one which never answers."""
    if tracker in ("trackio", "dvclive", "aim"):
        return "there is none"
    if tracker in ("mlflow", "visdom"):
        return _server_killed(tracker, project)
    with silent_server() as port:
        run = TrackedRun(project, "silent", {**keys(port), "WANDB_BASE_URL": f"http://127.0.0.1:{port}"})
        began = time.monotonic()
        code = run.finish("--backend", "none", "--max-epochs", "2")
        return f"never answers: exit code {code} after {time.monotonic() - began:.0f} s, {_said(run)}"


def _server_killed(tracker: str, project: GeneratedProject) -> str:
    serve = mlflow_server if tracker == "mlflow" else visdom_server
    with serve(project.folder.parent / "lost") as (where, server):
        environment = {"MLFLOW_TRACKING_URI": str(where), "VISDOM_PORT": str(where)}
        run = TrackedRun(project, "lost", {"VISDOM_SERVER_URL": "http://127.0.0.1", **environment})
        process = run.begin("--backend", "none", "--max-epochs", "60")
        try:
            run.wait_for_epoch(process, (tracker,))
            end(server)
            code = process.wait()
        finally:
            kill(process)
    return f"exit code {code}, {_said(run)}"


def _said(run: TrackedRun) -> str:
    log = (run.folder / "log.txt").read_text()
    return (
        "says so"
        if "does not have all of this run" in log or "cannot be reached" in run.output.read_text()
        else "silent"
    )


def _begin_and_kill(run: TrackedRun, tracker: str) -> None:
    process = run.begin("--backend", "gloo", "--nproc-per-node", "2", "--max-epochs", "100000")
    try:
        run.wait_for_epoch(process, (tracker,))
    finally:
        kill(process)


@contextmanager
def variables(tracker: str, folder: Path) -> Iterator[dict[str, str]]:
    """What the run needs beside a place for files: Visdom has a server."""
    if tracker != "visdom":
        yield {}
        return
    with visdom_server(folder / "visdom") as (port, _):
        yield {"VISDOM_SERVER_URL": "http://127.0.0.1", "VISDOM_PORT": str(port)}


def keys(port: int) -> dict[str, str]:
    """Keys that look like keys, and this machine in the place of every service."""
    here = f"http://127.0.0.1:{port}"
    token = json.dumps({"api_address": here, "api_url": here})
    words = subprocess.run(["base64", "-w0"], input=token, capture_output=True, text=True, check=True).stdout
    return {
        "WANDB_API_KEY": "0" * 40,
        "SWANLAB_API_KEY": "a" * 21,
        "SWANLAB_API_HOST": here,
        "SWANLAB_WEB_HOST": here,
        "COMET_API_KEY": "a" * 25,
        "COMET_URL_OVERRIDE": f"{here}/clientlib/",
        **{f"CLEARML_{kind}_HOST": here for kind in ("API", "WEB", "FILES")},
        "CLEARML_API_ACCESS_KEY": "a",
        "CLEARML_API_SECRET_KEY": "b",
        "POLYAXON_HOST": here,
        "POLYAXON_AUTH_TOKEN": "a",
        "NEPTUNE_API_TOKEN": words,
        "NEPTUNE_PROJECT": "a/b",
    }


def _alike(told: dict[int, float], expected: dict[int, float]) -> bool:
    return told.keys() == expected.keys() and all(abs(told[step] - value) < 1e-6 for step, value in expected.items())


if __name__ == "__main__":
    main()
