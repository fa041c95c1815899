"""The table of `docs/trackers.md`: `python -m tests.trackers` tries all trackers in one project, and writes it.

A run is killed with SIGKILL, resumed, and read back from each; one fails, and one is told to leave; one loses the
servers that it has amid the training; one has keys, and services that take every connection and never answer.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import time
from pathlib import Path

from tests.projects import ROOT, GeneratedProject, trackers_python
from tests.trackers.endings import ENDINGS, STATUSES, TWO_PROCESSES, fail, leave, make_failing
from tests.trackers.runs import TRACKERS, TrackedRun, kill, project_with, steps_told
from tests.trackers.servers import end, mlflow_server, silent_server, visdom_server

PAGE = ROOT / "docs" / "trackers.md"
BEGIN, END = "<!-- table -->\n", "<!-- end -->\n"
HEAD = (
    "| tracker | version | offline | read back by | killed and resumed | ended by: finished / failed / killed "
    "| server lost |\n|---|---|---|---|---|---|---|\n"
)

WITH_SERVERS_HERE = ("mlflow", "visdom")
WITHOUT_SERVERS = ("trackio", "dvclive", "aim")

PACKAGES = {"comet": "comet-ml"}
TITLES = {
    "mlflow": "MLflow",
    "wandb": "Weights & Biases",
    "trackio": "Trackio",
    "swanlab": "SwanLab",
    "dvclive": "DVCLive",
    "aim": "Aim",
    "comet": "Comet",
    "clearml": "ClearML",
    "visdom": "Visdom",
    "polyaxon": "Polyaxon",
    "neptune": "Neptune",
}

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
    """Tries them and writes the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        project = project_with(folder / "digits", *TRACKERS)
        kept, lost, silent = killed_and_resumed(project), servers_lost(project), never_answered(project)
        told = ended(project)
    rows = [
        (TITLES[one], version_of(one), *READERS[one], kept[one], told[one], (lost | silent).get(one, "there is none"))
        for one in TRACKERS
    ]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    table = HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)
    PAGE.write_text(before + BEGIN + table + END + rest.partition(END)[2])
    print(table)


def version_of(tracker: str) -> str:
    """Of the client."""
    words = [
        trackers_python(),
        "-c",
        f"import importlib.metadata as m; print(m.version('{PACKAGES.get(tracker, tracker)}'))",
    ]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def killed_and_resumed(project: GeneratedProject) -> dict[str, str]:
    """Whether each tracker has what `history.csv` has."""
    with visdom_server(project.folder.parent / "visdom") as (port, _):
        run = TrackedRun(project, "killed", {"VISDOM_SERVER_URL": "http://127.0.0.1", "VISDOM_PORT": str(port)})
        process = run.begin(*TWO_PROCESSES, "--max-epochs", "100000")
        try:
            run.wait_for_epoch(process, TRACKERS)
        finally:
            kill(process)
        run.lose_newest_checkpoint()
        before = len(next(iter(run.history.values())))
        if code := run.finish("--max-epochs", str(before + 2)):
            return dict.fromkeys(TRACKERS, f"exit code {code}")
        return {tracker: _compared(run, tracker) for tracker in TRACKERS}


def _compared(run: TrackedRun, tracker: str) -> str:
    told, history = run.read(tracker)["values"], run.history
    wrong = [name for name in history if not _alike(told.get(name, {}), history[name])]
    if steps_told(told) != [run.steps] * 2:
        wrong.append("points of the training")
    whole = f"all of {len(next(iter(history.values())))} epochs, {len(run.steps)} points"
    return f"other values: {', '.join(wrong)}" if wrong else whole


def _alike(told: dict[int, float], expected: dict[int, float]) -> bool:
    return told.keys() == expected.keys() and all(abs(told[step] - value) < 1e-6 for step, value in expected.items())


def ended(project: GeneratedProject) -> dict[str, str]:
    """What each tracker says of runs that have come to their end, failed, and been told to leave by SIGTERM."""
    make_failing(project)
    with visdom_server(project.folder.parent / "ended") as (port, _):
        variables = {"VISDOM_SERVER_URL": "http://127.0.0.1", "VISDOM_PORT": str(port)}
        finished, failed, killed = runs = [TrackedRun(project, f"ended-{ending}", variables) for ending in ENDINGS]
        codes = finished.finish(*TWO_PROCESSES, "--max-epochs", "2"), fail(failed), leave(killed)
        print(f"finished, failed, killed: exit codes {codes}")
        told = {one: tuple(run.read(one)["status"] for run in runs) for one in STATUSES}
    if told != STATUSES:
        print(f"other statuses than {STATUSES}")
    return {one: " / ".join(map(str, told[one])) if one in told else "keeps no status" for one in TRACKERS}


def servers_lost(project: GeneratedProject) -> dict[str, str]:
    """What a run does whose real servers are killed when it has trained an epoch."""
    folder = project.folder.parent
    with mlflow_server(folder / "m") as (address, first), visdom_server(folder / "v") as (port, second):
        variables = {"VISDOM_SERVER_URL": "http://127.0.0.1", "VISDOM_PORT": str(port)}
        run = TrackedRun(project, "lost", {**variables, "MLFLOW_TRACKING_URI": address})
        process = run.begin("--backend", "none", "--max-epochs", "20", "--overfit-batches", "78")
        try:
            run.wait_for_epoch(process, WITH_SERVERS_HERE)
            end(first)
            end(second)
            code = process.wait()
        finally:
            kill(process)
    return {tracker: f"killed: exit code {code}, {_said(run, tracker)}" for tracker in WITH_SERVERS_HERE}


def never_answered(project: GeneratedProject) -> dict[str, str]:
    """What a run does whose services never answer."""
    with silent_server() as port:
        run = TrackedRun(project, "silent", {**keys(port), "VISDOM_PORT": str(port)})
        began = time.monotonic()
        code = run.finish("--backend", "none", "--max-epochs", "2")
        print(f"services that never answer: exit code {code} after {time.monotonic() - began:.0f} s")
    others = [tracker for tracker in TRACKERS if tracker not in WITH_SERVERS_HERE + WITHOUT_SERVERS]
    return {tracker: f"never answers: exit code {code}, {_said(run, tracker)}" for tracker in others}


def _said(run: TrackedRun, tracker: str) -> str:
    said = f"{TITLES[tracker]} does not have all of this run" in (run.folder / "log.txt").read_text()
    return "says what is lost" if said else "nothing lost"


def keys(port: int) -> dict[str, str]:
    """Keys that look like keys, and this machine in the place of every service."""
    here = f"http://127.0.0.1:{port}"
    token = json.dumps({"api_address": here, "api_url": here})
    words = base64.b64encode(token.encode()).decode()
    return {
        "WANDB_BASE_URL": here,
        "MLFLOW_TRACKING_URI": here,
        "VISDOM_SERVER_URL": "http://127.0.0.1",
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


if __name__ == "__main__":
    main()
