"""What is looked at of a project: its record and its files, its trackers, and two steps of its training."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import __version__
from ..errors import ScaffoldError
from ..life.record import RECORD_FILES, Record, recall
from ..life.revision import look_at
from ..life.state import FileState, file_states
from ..life.theirs import was_at_work
from .finding import Finding
from .patient import Patient
from .trackers import examine_trackers

RUN_SECONDS = 600
"""Two steps take seconds; the first run of a machine may compile, download or read for minutes."""
FENCE = b"<<<<<<< "


def examine_record(folder: Path) -> Iterator[Finding]:
    """Whether the project can be changed later, and what its owner changed."""
    if was_at_work(folder):
        yield Finding("Record", "wrong", "A change of this project was interrupted.", "scaffold update --continue")
    try:
        record = recall(folder)
    except ScaffoldError as error:
        is_lost = not (folder / RECORD_FILES[0]).exists()  # what is damaged, or newer, is not adopted
        yield Finding("Record", "wrong", error.message, "scaffold adopt" if is_lost else "scaffold status")
        return
    is_older = record.version != __version__
    later = "scaffold update --dry-run" if is_older else None
    known = f"Made by torch-scaffold {record.version}; {__version__} is installed." if is_older else "Whole."
    yield Finding("Record", "note" if is_older else "good", known, later)
    yield _drift(folder, record)


def _drift(folder: Path, record: Record) -> Finding:
    before = look_at(folder, record)
    states = file_states(before)
    edited = [path for path, state in states.items() if state is FileState.EDITED]
    conflicts = [
        str(path) for path in edited if any(line.startswith(FENCE) for line in before.theirs[path].content.splitlines())
    ]
    if conflicts:
        named = ", ".join(conflicts[:3]) + (" and more" if len(conflicts) > 3 else "")
        return Finding("Files", "wrong", f"Conflicts are not settled in {named}.", "scaffold status")
    counts = Counter(states.values())
    if counts[FileState.AS_MADE] == len(states):
        return Finding("Files", "good", f"All {len(states)} are as they were made.")
    changed = f"{len(edited)} edited, {counts[FileState.RENAMED]} renamed and {counts[FileState.DELETED]} deleted"
    return Finding("Files", "good", f"{changed} of {len(states)}, which is yours to do.")


def examine_run(patient: Patient) -> Finding:
    """Two steps of training and an evaluation, in a folder that is removed."""
    words = ["-m", f"{patient.package}.train", "--fast-dev-run"]
    with tempfile.TemporaryDirectory(prefix="scaffold-", ignore_cleanup_errors=True) as outputs:
        command = [patient.python, *words, "--output-dir", outputs]
        try:
            done = subprocess.run(
                command,
                cwd=patient.folder,
                env=_environment(patient.folder),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=RUN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Finding("Run", "wrong", f"Two steps took more than {RUN_SECONDS} seconds.", patient.run(*words))
    if done.returncode == 0:
        return Finding("Run", "good", "Two steps were trained and evaluated.")
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    error = next((line for line in reversed(said) if line.startswith("Error: ")), said[-1] if said else "no word")
    message = error.removeprefix("Error: ").rstrip(".")
    return Finding("Run", "wrong", f"Two steps end with exit code {done.returncode}: {message}.", patient.run(*words))


def _environment(folder: Path) -> Mapping[str, str]:
    """A project that is not installed is found all the same; what a launcher said is not for one process."""
    launched = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    kept = {name: value for name, value in os.environ.items() if name not in launched and not name.startswith("SLURM_")}
    places = [str((folder / "src").resolve()), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(places)}


def examine_project(patient: Patient) -> Iterator[Finding]:
    """The project's record, files and trackers."""
    yield from examine_record(patient.folder)
    yield from examine_trackers(patient.chosen("loggers"))
