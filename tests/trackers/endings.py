"""The ways in which a run ends, on two processes, and what trackers say of them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from tests.projects import GeneratedProject
from tests.trackers.runs import SECONDS, TRACKERS, TrackedRun, kill

TWO_PROCESSES = ("--backend", "gloo", "--nproc-per-node", "2")

ENDINGS = ("finished", "failed", "killed")
STATUSES: dict[str, tuple[Any, Any, Any]] = {
    "mlflow": ("FINISHED", "FAILED", "KILLED"),
    "wandb": (0, 1, 75),
    "swanlab": ("RUN_STATE_FINISHED", "RUN_STATE_CRASHED", "RUN_STATE_ABORTED"),
    "aim": ENDINGS,
    "comet": ENDINGS,
    "clearml": ENDINGS,
    "visdom": ENDINGS,
    "polyaxon": ("succeeded", "failed", "stopped"),
    "neptune": ENDINGS,
}
"""What their readers tell for each ending; the other trackers keep no status."""

FAILS = "fail"
"""A file in the project's folder: while it is there, rank 1 fails at its next step."""

FIRST_LINE = "        if self.window.enter(engine):\n"
MISTAKE = f"""\
        if idist.get_rank() == 1 and Path("{FAILS}").exists():
            raise RuntimeError("a mistake of the owner")
"""


def make_failing(project: GeneratedProject) -> None:
    """Has the project's step fail on one of two processes once `FAILS` is there."""
    steps = project.folder / "src" / project.package / "steps.py"
    text = steps.read_text()
    assert text.count(FIRST_LINE) == 1
    text = text.replace(FIRST_LINE, MISTAKE + FIRST_LINE)
    steps.write_text(text.replace("from typing import Any\n", "from pathlib import Path\nfrom typing import Any\n"))


def fail(run: TrackedRun) -> int:
    """Trains until all trackers have begun, and then fails on one process; gives the exit code."""
    file = run.project.folder / FAILS
    try:
        return _interrupted(run, lambda _: file.touch())
    finally:
        file.unlink(missing_ok=True)


def leave(run: TrackedRun) -> int:
    """Trains until all trackers have begun, and then gets SIGTERM, as do all its processes; gives the exit code."""
    return _interrupted(run, lambda process: kill(process, signal.SIGTERM))


def _interrupted(run: TrackedRun, interrupt: Callable[[Any], object]) -> int:
    process = run.begin(*TWO_PROCESSES, "--max-epochs", "100000")
    try:
        run.wait_for_epoch(process, TRACKERS)
        interrupt(process)
        return process.wait(SECONDS)
    finally:
        kill(process)
